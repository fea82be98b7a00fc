// StreamWriter: one write at a time, in order, joined where possible, and a producer that must wait.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamWriter } from "../../src/io/stream_writer.ts";
import { ScriptedStream, settle, stateOf } from "../support/scripted_stream.ts";

function setUp(size = 16) {
  const stream = new ScriptedStream();
  const writer = new StreamWriter(stream, size);
  return { stream, writer };
}

const octets = (text: string) => new TextEncoder().encode(text);

Deno.test("StreamWriter sends nothing until it is kicked, then all of it in one write", async () => {
  const { stream, writer } = setUp();
  writer.buffer.appendAscii("ab");
  assertEquals(writer.write(octets("cd")), undefined);
  await settle();
  assertEquals(stream.writes, []);
  writer.kick();
  assertEquals(stream.writes, ["abcd"]);
  await stream.take();
  assertEquals([writer.sent, writer.writing], [4, false]);
});

Deno.test("StreamWriter.kick does nothing without octets", () => {
  const { stream, writer } = setUp();
  writer.kick();
  assertEquals(stream.writes, []);
  assertEquals(writer.writing, false);
});

Deno.test("StreamWriter.flush without octets resolves at once", async () => {
  const { stream, writer } = setUp();
  assertEquals(await stateOf(writer.flush()), "done");
  assertEquals(stream.writes, []);
});

Deno.test("StreamWriter continues after a partial write with the rest", async () => {
  const { stream, writer } = setUp();
  writer.buffer.appendAscii("abcdef");
  const flushed = writer.flush();
  await stream.take(1);
  await stream.take(3);
  assertEquals(await stateOf(flushed), "pending");
  assertEquals(writer.sent, 4);
  await stream.take();
  await flushed;
  assertEquals(stream.writes, ["abcdef", "bcdef", "ef"]);
  assertEquals(writer.sent, 6);
});

Deno.test("StreamWriter joins the octets that are added during a write", async () => {
  const { stream, writer } = setUp();
  writer.buffer.appendAscii("ab");
  writer.kick();
  writer.buffer.appendAscii("cd");
  writer.kick();
  writer.buffer.appendAscii("ef");
  const flushed = writer.flush();
  assertEquals(stream.writes, ["ab"]);
  await stream.take();
  assertEquals(stream.writes, ["ab", "cdef"]);
  assertEquals(await stateOf(flushed), "pending");
  await stream.take();
  await flushed;
  assertEquals(writer.sent, 6);
});

Deno.test("StreamWriter sends octets that are added after a kick without another kick", async () => {
  const { stream, writer } = setUp();
  writer.buffer.appendAscii("ab");
  writer.kick();
  writer.buffer.appendAscii("cd");
  await stream.take();
  assertEquals(stream.writes, ["ab", "cd"]);
  await stream.take();
});

Deno.test("StreamWriter.flush waits for all collected octets, for each caller", async () => {
  const { stream, writer } = setUp();
  writer.buffer.appendAscii("ab");
  const first = writer.flush();
  writer.buffer.appendAscii("cd");
  const second = writer.flush();
  await stream.take();
  assertEquals(await stateOf(second), "pending");
  await stream.take();
  await Promise.all([first, second]);
});

Deno.test("StreamWriter sends its collected size and has room for more meanwhile", async () => {
  const { stream, writer } = setUp(4);
  writer.buffer.appendAscii("abc");
  assertEquals(writer.room(), undefined);
  assertEquals(stream.writes, []);
  writer.buffer.appendAscii("d");
  assertEquals(writer.room(), undefined);
  assertEquals(stream.writes, ["abcd"]);
  writer.buffer.appendAscii("efgh");
  const room = writer.room()!;
  assertEquals(await stateOf(room), "pending");
  await stream.take();
  await stream.take();
  await room;
  assertEquals(writer.room(), undefined);
});

Deno.test("StreamWriter.kickSoon sends what comes within a few microtasks in one write", async () => {
  const { stream, writer } = setUp();
  for (const text of ["a", "b", "c"]) {
    writer.buffer.appendAscii(text);
    writer.kickSoon();
    for (let i = 0; i < 6; i++) await Promise.resolve();
  }
  assertEquals(stream.writes, []);
  await settle();
  assertEquals(stream.writes, ["abc"]);
  await stream.take();
});

Deno.test("StreamWriter.kickSoon sends before the next turn of the event loop", async () => {
  const { stream, writer } = setUp();
  const turn = new Promise((resolve) => setTimeout(() => resolve([...stream.writes]), 0));
  writer.buffer.appendAscii("a");
  writer.kickSoon();
  assertEquals(await turn, ["a"]);
  await stream.take();
});

Deno.test("StreamWriter.kickSoon joins what comes behind a write, and flush does not wait for it", async () => {
  const { stream, writer } = setUp();
  writer.buffer.appendAscii("a");
  writer.kick();
  writer.buffer.appendAscii("b");
  writer.kickSoon();
  const flushed = writer.flush();
  await stream.take();
  assertEquals(stream.writes, ["a", "b"]);
  await stream.take();
  await flushed;
});

Deno.test("StreamWriter.kickSoon behind a write that fails does nothing", async () => {
  const { stream, writer } = setUp();
  writer.buffer.appendAscii("a");
  writer.kick();
  writer.buffer.appendAscii("b");
  writer.kickSoon();
  await stream.failWrite(new Deno.errors.BrokenPipe("gone"));
  assertEquals(stream.writes, ["a"]);
});

Deno.test("StreamWriter makes a producer wait while its peer does not read", async () => {
  const { stream, writer } = setUp(4);
  writer.buffer.appendAscii("abcd");
  writer.kick(); // the peer does not take it
  writer.buffer.appendAscii("efg");
  assertEquals(writer.room(), undefined);
  writer.buffer.appendAscii("h");
  const room = writer.room()!;
  assertEquals(await stateOf(room), "pending");
  await stream.take();
  assertEquals(await stateOf(room), "pending");
  await stream.take();
  await room;
  assertEquals(stream.writes, ["abcd", "efgh"]);
});

Deno.test("StreamWriter.write copies a small piece, so the caller may change it at once", async () => {
  const { stream, writer } = setUp();
  const piece = octets("ab");
  assertEquals(writer.write(piece), undefined);
  piece.fill(0x21);
  writer.kick();
  assertEquals(stream.writes, ["ab"]);
  await stream.take();
});

Deno.test("StreamWriter.write joins a piece of up to twice its size with the head", async () => {
  const { stream, writer } = setUp(4);
  writer.buffer.appendAscii("abc");
  assertEquals(writer.write(octets("defghijk")), undefined);
  writer.kick();
  assertEquals(stream.writes, ["abcdefghijk"]);
  await stream.take();
});

Deno.test("StreamWriter.write sends the head and the first content in one write, then the rest", async () => {
  const { stream, writer } = setUp(6);
  writer.buffer.appendAscii("head");
  const written = writer.write(octets("0123456789abc"))!;
  assertEquals(stream.writes, ["head01"]);
  await stream.take();
  assertEquals(stream.writes, ["head01", "23456789abc"]);
  assertEquals(await stateOf(written), "pending");
  await stream.take(2);
  assertEquals(await stateOf(written), "pending");
  await stream.take();
  await written;
  assertEquals(stream.writes, ["head01", "23456789abc", "456789abc"]);
  assertEquals(writer.sent, 17);
});

Deno.test("StreamWriter.write of a large piece waits for the write in progress", async () => {
  const { stream, writer } = setUp(4);
  writer.buffer.appendAscii("ab");
  writer.kick();
  const written = writer.write(octets("cdefghijk"))!;
  assertEquals(stream.writes, ["ab"]);
  await stream.take();
  await stream.take();
  await stream.take();
  await written;
  assertEquals(stream.writes, ["ab", "cdef", "ghijk"]);
});

Deno.test("StreamWriter.write of a piece larger than the buffer keeps order with what follows", async () => {
  const { stream, writer } = setUp(4);
  const written = writer.write(octets("abcdefghij"))!;
  await stream.take();
  await stream.take();
  await written;
  writer.buffer.appendAscii("gh");
  writer.kick();
  await stream.take();
  assertEquals(stream.writes.join(""), "abcdefghijgh");
});

Deno.test("StreamWriter keeps its failure, reports it once and writes no more", async () => {
  const { stream, writer } = setUp();
  const failure = new Deno.errors.BrokenPipe("gone");
  let told = 0;
  writer.onFailure = () => told++;
  writer.buffer.appendAscii("ab");
  const flushed = writer.flush();
  await Promise.all([assertRejects(() => flushed), stream.failWrite(failure)]);
  assertStrictEquals(writer.failure, failure);
  assertEquals([told, writer.writing], [1, false]);

  writer.buffer.appendAscii("cd");
  writer.kick();
  assertStrictEquals(await assertRejects(() => writer.flush()), failure);
  assertStrictEquals(await assertRejects(() => Promise.resolve(writer.room())), failure);
  assertStrictEquals(
    await assertRejects(() => Promise.resolve(writer.write(octets("ef")))),
    failure,
  );
  assertEquals(stream.writes, ["ab"]);
  assertEquals(told, 1);
});

Deno.test("StreamWriter.write of a large piece rejects when the socket fails in the middle of it", async () => {
  const { stream, writer } = setUp(4);
  const written = writer.write(octets("abcdefghijkl"))!;
  await stream.take();
  const failure = new Deno.errors.ConnectionReset("gone");
  const [error] = await Promise.all([assertRejects(() => written), stream.failWrite(failure)]);
  assertStrictEquals(error, failure);
  assertEquals(writer.sent, 4);
});

Deno.test("a failure of StreamWriter without a waiter causes no unhandled rejection", async () => {
  const { stream, writer } = setUp();
  writer.buffer.appendAscii("ab");
  writer.kick();
  await stream.failWrite(new Deno.errors.BrokenPipe("gone"));
  assert(writer.failure instanceof Deno.errors.BrokenPipe);
});

Deno.test("StreamWriter does not keep the memory of a large burst", async () => {
  const { stream, writer } = setUp();
  for (let i = 0; i < 10_000; i++) writer.buffer.appendAscii("abcdefgh");
  for (let i = 0; i < 3; i++) {
    const flushed = writer.flush();
    while (stream.writing) await stream.take();
    await flushed;
    writer.buffer.appendAscii("x");
  }
  const { length } = writer.buffer.bytes;
  assert(length <= 32 * 1024, `keeps ${length} octets`);
});

Deno.test("StreamWriter lends a buffer to others when all of it is written", async () => {
  const { stream, writer } = setUp();
  const { buffer } = writer;
  buffer.appendAscii("one");
  const flushed = writer.flush();
  const other = setUp();
  assert(other.writer.buffer !== buffer);
  await stream.take();
  await flushed;
  assert(setUp().writer.buffer === buffer);
  assertEquals(buffer.length, 0);
});
