// ChunkedReader: content in chunks, its trailers, and its limits.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ChunkedReader } from "../../src/content/chunked_reader.ts";
import { SourceBuffer, toBufferedSource } from "../../src/content/byte_source.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { octets, text } from "../http1/decoding.ts";
import { HeldSource, ScriptedSource } from "./scripted_source.ts";

const WIRE = "4;a=b|one\n|5|two\nt|4|hree|0|X-Sum: 1|x-sum:\t2||";
const CONTENT = "one\ntwo\nthree";
const KIB = 1024;

Deno.test("ChunkedReader reads content and trailers from a source of any piece size", async () => {
  for (const step of [1, 2, 3, 7, Infinity]) {
    const reader = new ChunkedReader(new ScriptedSource(WIRE, step));
    assertEquals(text(await reader.read()), CONTENT);
    assertEquals((await reader.trailers).entries(), [["X-Sum", "1"], ["x-sum", "2"]]);
    assertEquals(text(await reader.read()), "");
  }
});

Deno.test("ChunkedReader reads lines across chunks", async () => {
  for (const step of [1, Infinity]) {
    const reader = new ChunkedReader(new ScriptedSource(WIRE, step));
    assertEquals(await Array.fromAsync(reader, text), ["one\n", "two\n", "three"]);
    assertEquals(text(await reader.readline()), "");
  }
});

Deno.test("ChunkedReader returns small chunks that came together as one piece", async () => {
  const reader = new ChunkedReader(new ScriptedSource(WIRE));
  assertEquals(text(await reader.readPiece() ?? "null"), CONTENT);
  assertEquals(await reader.readPiece(), null);
});

Deno.test("ChunkedReader returns what has arrived before it waits for more", async () => {
  const source = new HeldSource();
  const reader = new ChunkedReader(source);
  const first = reader.readPiece();
  source.give("3\r\none\r\n3\r\ntw");
  assertEquals(text(await first ?? "null"), "onetw");
  const second = reader.readPiece();
  source.give("o\r\n0\r");
  assertEquals(text(await second ?? "null"), "o");
  const end = reader.readPiece();
  source.give("\n\r\n");
  assertEquals(await end, null);
});

Deno.test("ChunkedReader returns the content before a fault, then the fault", async () => {
  const reader = new ChunkedReader(new ScriptedSource("3|one|3|two|x"));
  assertEquals(text(await reader.readPiece() ?? "null"), "onetwo");
  const error = await assertRejects(() => reader.readPiece(), ProtocolError);
  assertEquals([error.code, error.status], ["malformed-chunk", 400]);
  assert(await assertRejects(() => reader.read()) === error);
});

Deno.test("ChunkedReader leaves what is behind the message in the source's buffer", async () => {
  for (const step of [1, Infinity]) {
    const source = new SourceBuffer(
      new ScriptedSource("1|a|0||3|next|0||".replace("3", "4"), step),
    );
    assertEquals(text(await new ChunkedReader(source).read()), "a");
    assertEquals(source.buffer.length, step === 1 ? 0 : 14);
    assertEquals(text(await new ChunkedReader(source).read()), "next");
  }
});

Deno.test("ChunkedReader has its source for the next reader", async () => {
  const first = new ChunkedReader(new ScriptedSource("1|a|0||1|b|0||"));
  assertEquals(text(await first.read()), "a");
  assertEquals(text(await new ChunkedReader(first.source).read()), "b");
});

Deno.test("ChunkedReader fails when the source ends before the last chunk or in the trailers", async () => {
  for (const wire of ["", "5", "5|hel", "5|hello|", "5|hello|0|", "5|hello|0|A: b|"]) {
    for (const step of [1, Infinity]) {
      const reader = new ChunkedReader(new ScriptedSource(wire, step));
      const error = await assertRejects(() => reader.read(), ProtocolError);
      assertEquals([error.code, error.status], ["incomplete-content", 400]);
      await assertRejects(() => reader.trailers, ProtocolError);
    }
  }
});

Deno.test("ChunkedReader reads the data of large chunks past the buffer", async () => {
  const data = new Uint8Array(200 * KIB).map((_, index) => index % 251);
  const wire = new Uint8Array(
    await new Blob([octets("32000\r\n"), data, octets("\r\n0\r\n\r\n")]).arrayBuffer(),
  );
  for (const step of [1000, 10_000, Infinity]) {
    const source = new ScriptedSource(wire, step);
    const reader = new ChunkedReader(source);
    assertEquals(await reader.read(), data);
    assertEquals([source.position, toBufferedSource(reader.source).buffer.length], [
      wire.length,
      0,
    ]);
    assert(Math.max(...source.asked) > 64 * KIB || step < 16 * KIB);
  }
});

Deno.test("ChunkedReader keeps to the limits it is given", async () => {
  const cases = [
    ["1;abc|", { maxChunkLineSize: 4 }, "chunk-line-too-long"],
    ["1;abc|", { maxChunkExtensionSize: 3 }, "chunk-extensions-too-large"],
    ["0|A: b||", { maxTrailerSize: 5 }, "trailer-too-large"],
    ["0|A: b|B: c||", { maxTrailerCount: 1, maxTrailerSize: undefined }, "trailer-too-large"],
  ] as const;
  for (const [wire, options, code] of cases) {
    const reader = new ChunkedReader(new ScriptedSource(wire, 1), options);
    assertEquals((await assertRejects(() => reader.read(), ProtocolError)).code, code);
  }
});

Deno.test("ChunkedReader makes room for a trailer section of its limit", async () => {
  const value = "v".repeat(200 * KIB);
  const options = { maxTrailerSize: 256 * KIB };
  const reader = new ChunkedReader(new ScriptedSource(`0|A: ${value}||`), options);
  assertEquals(text(await reader.read()), "");
  assertEquals((await reader.trailers).get("a"), value);
});

Deno.test("ChunkedReader refuses trailers that the source's buffer cannot hold", async () => {
  const source = new SourceBuffer(new ScriptedSource(`0|A: ${"v".repeat(64)}||`), 32);
  const error = await assertRejects(() => new ChunkedReader(source).read(), ProtocolError);
  assertEquals([error.code, error.status], ["trailer-too-large", 431]);
});

Deno.test("ChunkedReader refuses limits that are not counts", () => {
  for (const value of [-1, 1.5, NaN]) {
    assertThrows(
      () => new ChunkedReader(new ScriptedSource(""), { maxTrailerSize: value }),
      RangeError,
    );
  }
});

Deno.test("trailers that were read before the content resolve with it", async () => {
  const reader = new ChunkedReader(new ScriptedSource(WIRE, 1));
  const trailers = reader.trailers;
  assert(reader.trailers === trailers);
  await reader.read();
  assertEquals((await trailers).get("X-SUM"), "1, 2");
});

Deno.test("trailers are empty when there are none", async () => {
  const reader = new ChunkedReader(new ScriptedSource("0||"));
  await reader.read();
  assertEquals((await reader.trailers).size, 0);
});

Deno.test("trailers reject when the reader is closed before the end", async () => {
  for (const early of [true, false]) {
    const reader = new ChunkedReader(new ScriptedSource(WIRE, 1));
    if (early) void reader.trailers;
    await reader.read(1);
    reader.close();
    await assertRejects(() => reader.trailers, TypeError, "closed before the end");
  }
});

Deno.test("trailers that are not awaited may fail without an unhandled rejection", async () => {
  const reader = new ChunkedReader(new ScriptedSource("x"));
  void reader.trailers;
  await assertRejects(() => reader.read(), ProtocolError);
});

Deno.test("readTrailerLines() gives each line with its CRLF, once the content has been read", async () => {
  const reader = new ChunkedReader(new ScriptedSource("1|a|0|B:c\xe4|D: ||", 1));
  await assertRejects(
    () => Array.fromAsync(reader.readTrailerLines()),
    TypeError,
    "has not been read to its end",
  );
  await reader.read();
  assertEquals(await Array.fromAsync(reader.readTrailerLines(), text), ["B: c\xe4\r\n", "D: \r\n"]);
});

Deno.test("readTrailerLines() rejects with the error of the content", async () => {
  const reader = new ChunkedReader(new ScriptedSource("x"));
  await assertRejects(() => reader.read(), ProtocolError);
  await assertRejects(() => Array.fromAsync(reader.readTrailerLines()), ProtocolError);
});
