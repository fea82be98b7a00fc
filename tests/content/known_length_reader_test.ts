// KnownLengthReader: content of a declared length, from sources of any piece size.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { KnownLengthReader } from "../../src/content/known_length_reader.ts";
import { SourceBuffer } from "../../src/content/byte_source.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { text } from "../http1/decoding.ts";
import { HeldSource, ScriptedSource } from "./scripted_source.ts";

const KIB = 1024;

function pattern(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(size).map((_, index) => (index * 7 + (index >> 8)) & 0xff);
}

Deno.test("KnownLengthReader reads exactly the length from a source of any piece size", async () => {
  for (const step of [1, 2, Infinity]) {
    const source = new ScriptedSource("helloGET / HTTP/1.1", step);
    const reader = new KnownLengthReader(source, 5);
    assertEquals(text(await reader.read()), "hello");
    assertEquals(text(await reader.read()), "");
    assertEquals([source.position, reader.done], [5, true]);
  }
});

Deno.test("KnownLengthReader leaves what is behind the content in the source's buffer", async () => {
  const source = new SourceBuffer(new ScriptedSource("helloGET"));
  assert(await source.fill());
  const reader = new KnownLengthReader(source, 5);
  assertEquals(await reader.readlines().then((lines) => lines.map(text)), ["hello"]);
  assertEquals(source.buffer.length, 3);
  assertEquals(text(await new KnownLengthReader(source, 3).read()), "GET");
});

Deno.test("KnownLengthReader takes what is buffered first, then reads past the buffer", async () => {
  const plain = new ScriptedSource("hello world", 3);
  const source = new SourceBuffer(plain);
  assert(await source.fill());
  const reader = new KnownLengthReader(source, 11);
  assertEquals(text(await reader.readPiece() ?? "null"), "hel");
  assertEquals(text(await reader.readPiece() ?? "null"), "lo ");
  assertEquals(plain.asked.at(-1), 8);
  assertEquals(text(await reader.read()), "world");
});

Deno.test("KnownLengthReader of nothing never asks the source", async () => {
  const source = new ScriptedSource("GET");
  const reader = new KnownLengthReader(source, 0);
  assertEquals(text(await reader.read()), "");
  assertEquals(await reader.readPiece(), null);
  assertEquals(await new Response(reader.readable).text(), "");
  assertEquals(source.asked, []);
});

Deno.test("KnownLengthReader does not ask the source for the end", async () => {
  const source = new HeldSource();
  const reader = new KnownLengthReader(source, 2);
  const read = reader.read();
  source.give("ok");
  assertEquals(text(await read), "ok");
  assertEquals([await reader.readPiece(), source.waiting], [null, 0]);
});

Deno.test("KnownLengthReader fails when the source ends before the content", async () => {
  for (const wire of ["", "hel"]) {
    const reader = new KnownLengthReader(new ScriptedSource(wire, 1), 5);
    const error = await assertRejects(() => reader.read(), ProtocolError);
    assertEquals([error.code, error.status], ["incomplete-content", 400]);
    assertEquals(
      error.message,
      `Cannot read content: the source ended behind ${wire.length} of 5 octets`,
    );
    assert(await assertRejects(() => reader.readline()) === error);
  }
});

Deno.test("KnownLengthReader passes a failure of the source on", async () => {
  const failure = new Deno.errors.ConnectionReset("gone");
  const reader = new KnownLengthReader(new ScriptedSource("hel", 1, failure), 5);
  assert(await assertRejects(() => reader.read()) === failure);
  assert(await assertRejects(() => reader.read()) === failure);
});

Deno.test("KnownLengthReader reads pieces of large content in blocks that grow to 64 KiB", async () => {
  const content = pattern(300 * KIB);
  const source = new ScriptedSource(content);
  const reader = new KnownLengthReader(source, content.length);
  for (let position = 0; position < content.length;) {
    const piece = await reader.readPiece();
    assertEquals(piece, content.subarray(position, position += piece!.length));
  }
  assertEquals(source.asked, [16, 32, 64, 64, 64, 60].map((size) => size * KIB));
});

Deno.test("KnownLengthReader reads all content in reads that are as large as what is missing", async () => {
  const content = pattern(300 * KIB);
  const source = new ScriptedSource(content);
  const reader = new KnownLengthReader(source, content.length);
  const read = await reader.read();
  assertEquals(read, content);
  assertEquals(read.buffer.byteLength, content.length);
  assertEquals(source.asked, [16, 112, 172].map((size) => size * KIB));
});

Deno.test("KnownLengthReader takes memory in proportion to what has come, not to a length that lies", async () => {
  const source = new ScriptedSource(pattern(100), 10);
  const reader = new KnownLengthReader(source, 1024 ** 4);
  await assertRejects(() => reader.read(), ProtocolError, "behind 100 of");
  assert(Math.max(...source.asked) <= 16 * KIB);
});

Deno.test("KnownLengthReader returns large reads without copying", async () => {
  const targets: Uint8Array[] = [];
  const source = {
    read(target: Uint8Array): Promise<number> {
      targets.push(target);
      return Promise.resolve(target.length);
    },
  };
  const reader = new KnownLengthReader(source, 1024 * KIB);
  for (let index = 0; index < 4; index++) {
    const piece = await reader.readPiece();
    assert(piece?.buffer === targets[index].buffer);
  }
});

Deno.test("KnownLengthReader keeps no block of memory for each small piece", async () => {
  const content = pattern(64 * KIB);
  const source = new ScriptedSource(content, 100);
  const reader = new KnownLengthReader(source, content.length);
  const pieces: Uint8Array[] = [];
  for (let piece; (piece = await reader.readPiece()) !== null;) {
    assertEquals(piece.buffer.byteLength, piece.length);
    pieces.push(piece);
  }
  assertEquals(new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()), content);
});

Deno.test("KnownLengthReader reads the same content through any sizes", async () => {
  const content = pattern(70 * KIB);
  for (const step of [997, 16 * KIB, 20_000, Infinity]) {
    const reader = new KnownLengthReader(new ScriptedSource(content, step), content.length);
    const pieces: Uint8Array[] = [];
    for (let size = 1; pieces.at(-1)?.length !== 0; size = size * 3 % 40_009) {
      pieces.push(await reader.read(size));
    }
    assertEquals(new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()), content);
  }
});

Deno.test("KnownLengthReader reads from a file", async () => {
  const path = new URL("../../LICENSE", import.meta.url);
  using file = await Deno.open(path);
  const reader = new KnownLengthReader(file, 12);
  assertEquals([text(await reader.readline()), text(await reader.readline())], [
    "MIT License\n",
    "",
  ]);
});

Deno.test("KnownLengthReader refuses a length that is not a count", () => {
  for (const length of [-1, 1.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => new KnownLengthReader(new ScriptedSource(""), length), RangeError);
  }
});
