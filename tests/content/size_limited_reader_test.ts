// SizeLimitedReader: content up to a limit, from readers and from sources.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ChunkedReader } from "../../src/content/chunked_reader.ts";
import { KnownLengthReader } from "../../src/content/known_length_reader.ts";
import { SizeLimitedReader } from "../../src/content/size_limited_reader.ts";
import { SourceBuffer } from "../../src/content/byte_source.ts";
import { MaxSizeExceededError } from "../../src/http1/max_size_exceeded_error.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { text } from "../http1/decoding.ts";
import { PiecesReader, ScriptedSource } from "./scripted_source.ts";

Deno.test("SizeLimitedReader passes content on up to its limit", async () => {
  for (const limit of [5, 6, Infinity]) {
    for (const step of [1, Infinity]) {
      const inner = new KnownLengthReader(new ScriptedSource("hello", step), 5);
      assertEquals(text(await new SizeLimitedReader(inner, limit).read()), "hello");
    }
  }
});

Deno.test("SizeLimitedReader fails with the first octet past its limit", async () => {
  const inner = new PiecesReader("hel", "lo", "never");
  const reader = new SizeLimitedReader(inner, 4);
  assertEquals(text(await reader.read(3)), "hel");
  const error = await assertRejects(() => reader.read(1), MaxSizeExceededError);
  assertEquals([error.code, error.status, error.maxSize], ["content-too-large", 413, 4]);
  assertEquals([error.name, error.message], [
    "MaxSizeExceededError",
    "Cannot read content: larger than 4 octets",
  ]);
  assert(error instanceof ProtocolError);
  assert(await assertRejects(() => reader.readline()) === error);
  assertEquals(inner.pulls, 2);
});

Deno.test("SizeLimitedReader counts content, not the framing of its chunks", async () => {
  const wire = "1;extension=1|a|".repeat(5) + "0|Trailer: value||";
  for (const step of [1, Infinity]) {
    const reader = new ChunkedReader(new ScriptedSource(wire, step));
    assertEquals(text(await new SizeLimitedReader(reader, 5).read()), "aaaaa");
    const tooLarge = new SizeLimitedReader(new ChunkedReader(new ScriptedSource(wire, step)), 4);
    await assertRejects(() => tooLarge.read(), MaxSizeExceededError);
  }
});

Deno.test("SizeLimitedReader holds in reads of large parts, and makes no arrays between for them", async () => {
  const size = 50_000;
  const wire = "1000|" + "a".repeat(0x1000) + "|";
  for (const part of [20_000, 30_000, size, size + 1]) {
    const source = new ScriptedSource(wire.repeat(20) + "0||", 0x1000);
    const reader = new SizeLimitedReader(new ChunkedReader(source), size);
    let passed = 0;
    await assertRejects(async () => {
      for (;;) passed += (await reader.read(part)).length;
    }, MaxSizeExceededError);
    // The last part of what is allowed is in a piece that is too large.
    assert(passed <= size && passed >= size - 2 * part, `${passed} octets in parts of ${part}`);
  }
  const inner = new PiecesReader("a".repeat(20_000), "b");
  inner.readPiece = () => Promise.reject(new Error("a read in pieces"));
  assertEquals((await new SizeLimitedReader(inner, size).read(20_000)).length, 20_000);
});

Deno.test("SizeLimitedReader of 0 lets only empty content pass", async () => {
  assertEquals(text(await new SizeLimitedReader(new PiecesReader(), 0).read()), "");
  await assertRejects(
    () => new SizeLimitedReader(new PiecesReader("a"), 0).read(),
    MaxSizeExceededError,
  );
});

Deno.test("SizeLimitedReader reads a source to its end and asks for one octet past the limit", async () => {
  for (const step of [1, 3, Infinity]) {
    const source = new ScriptedSource("one\ntwo", step);
    const reader = new SizeLimitedReader(source, 7);
    assertEquals(await Array.fromAsync(reader, text), ["one\n", "two"]);
    assertEquals(source.asked[0], 8);
  }
  const endless = new ScriptedSource("a".repeat(1000));
  await assertRejects(() => new SizeLimitedReader(endless, 7).read(), MaxSizeExceededError);
  assertEquals(endless.position, 8);
});

Deno.test("SizeLimitedReader begins with what the source has buffered", async () => {
  const source = new SourceBuffer(new ScriptedSource("hello world", 4));
  assert(await source.fill());
  assertEquals(text(await new SizeLimitedReader(source, 11).read()), "hello world");
});

Deno.test("SizeLimitedReader passes a failure on", async () => {
  const failure = new Error("broken");
  const reader = new SizeLimitedReader(new PiecesReader("a", failure), 10);
  assert(await assertRejects(() => reader.read()) === failure);
});

Deno.test("closing SizeLimitedReader closes the reader it was given", async () => {
  const inner = new PiecesReader("hello");
  const reader = new SizeLimitedReader(inner, 10);
  await reader.readable.cancel();
  assert(reader.closed && inner.closed);
});

Deno.test("SizeLimitedReader refuses a limit that is not a count", () => {
  for (const limit of [-1, 1.5, NaN]) {
    assertThrows(() => new SizeLimitedReader(new PiecesReader(), limit), RangeError);
  }
});
