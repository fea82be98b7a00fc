// FramedReader: discarding the rest of a message, and the trailers of a message that fails.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ChunkedReader } from "../../src/content/chunked_reader.ts";
import { KnownLengthReader } from "../../src/content/known_length_reader.ts";
import { SourceBuffer } from "../../src/content/byte_source.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { text } from "../http1/decoding.ts";
import { HeldSource, ScriptedSource } from "./scripted_source.ts";

Deno.test("discard reads the rest of the message and nothing behind it", async () => {
  for (const step of [1, Infinity]) {
    const known = new SourceBuffer(new ScriptedSource("helloGET", step));
    assert(await new KnownLengthReader(known, 5).discard(5));
    assertEquals(text(await new KnownLengthReader(known, 3).read()), "GET");

    const chunked = new SourceBuffer(new ScriptedSource("5|hello|0|A: b||GET", step));
    const reader = new ChunkedReader(chunked);
    assertEquals(text(await reader.read(1)), "h");
    const trailers = reader.trailers;
    assert(await reader.discard(100));
    assertEquals((await trailers).get("a"), "b");
    assertEquals(text(await new KnownLengthReader(chunked, 3).read()), "GET");
  }
});

Deno.test("discard closes the reader", async () => {
  const reader = new KnownLengthReader(new ScriptedSource("hello"), 5);
  assert(await reader.discard(5));
  assert(reader.closed);
  await assertRejects(() => reader.read(), TypeError, "the reader is closed");
});

Deno.test("discard works on a closed reader and on one that was read to its end", async () => {
  const closed = new KnownLengthReader(new ScriptedSource("hello"), 5);
  closed.close();
  assert(await closed.discard(5));
  const read = new KnownLengthReader(new ScriptedSource("hello"), 5);
  await read.read();
  assert(await read.discard(0));
});

Deno.test("discard of a known length beyond its limit does not even begin", async () => {
  const source = new ScriptedSource("hello");
  assert(!await new KnownLengthReader(source, 5).discard(4));
  assertEquals(source.asked, []);
});

Deno.test("discard of chunks counts their framing and stops when the limit is passed", async () => {
  const wire = "1|a|".repeat(100) + "0||";
  assert(await new ChunkedReader(new ScriptedSource(wire, 1)).discard(605));
  for (const step of [1, 50, Infinity]) {
    const source = new ScriptedSource(wire, step);
    const reader = new ChunkedReader(source);
    const trailers = reader.trailers;
    assert(!await reader.discard(300));
    assert(step === Infinity || source.position <= 300 + step);
    await assertRejects(() => trailers, TypeError, "closed before the end");
  }
});

Deno.test("discard waits for a read that is under way", async () => {
  const source = new HeldSource();
  const reader = new KnownLengthReader(source, 6);
  const read = reader.readPiece();
  const discarded = reader.discard(6);
  source.give("abc");
  assertEquals(text(await read ?? "null"), "abc");
  await Promise.resolve();
  assertEquals(source.waiting, 1);
  source.give("def");
  assert(await discarded);
});

Deno.test("discard rejects when the message is faulty, cut off or has failed before", async () => {
  const faulty = new ChunkedReader(new ScriptedSource("x"));
  const error = await assertRejects(() => faulty.discard(100), ProtocolError);
  assertEquals(error.code, "malformed-chunk");
  const cutOff = new KnownLengthReader(new ScriptedSource("he"), 5);
  assertEquals(
    (await assertRejects(() => cutOff.discard(5), ProtocolError)).code,
    "incomplete-content",
  );
  const failed = new KnownLengthReader(new ScriptedSource("he"), 5);
  const first = await assertRejects(() => failed.read());
  assert(await assertRejects(() => failed.discard(5)) === first);
});

Deno.test("cancelling readable during a read leaves the message where discard can go on", async () => {
  const source = new HeldSource();
  const reader = new KnownLengthReader(source, 6);
  const taker = reader.readable.getReader();
  const read = taker.read();
  while (source.waiting === 0) await Promise.resolve();
  await taker.cancel();
  assertEquals((await read).done, true);
  const discarded = reader.discard(6);
  source.give("abc");
  while (source.waiting === 0) await Promise.resolve();
  source.give("def");
  assert(await discarded);
});

Deno.test("discard rejects when the read that it waits for fails, without reading again", async () => {
  const source = new HeldSource();
  const reader = new KnownLengthReader(source, 6);
  const read = assertRejects(() => reader.readPiece(), ProtocolError);
  const discarded = assertRejects(() => reader.discard(6), ProtocolError);
  source.give(null);
  assert(await read === await discarded);
  assertEquals(source.waiting, 0);
});

Deno.test("trailers reject with the error that discard finds", async () => {
  const reader = new ChunkedReader(new ScriptedSource("x"));
  const trailers = reader.trailers;
  const error = await assertRejects(() => reader.discard(100), ProtocolError);
  assert(await assertRejects(() => trailers) === error);
  assert(await assertRejects(() => reader.trailers) === error);
});
