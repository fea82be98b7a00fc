// StreamReader: reads that continue after their wait was interrupted, and what the callers are given.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";
import { StreamReader } from "../../src/io/stream_reader.ts";
import { ScriptedStream, settle, stateOf } from "../support/scripted_stream.ts";

function setUp(size = 16, largest = size) {
  const stream = new ScriptedStream();
  const reader = new StreamReader(stream, new ReceiveBuffer(size, largest));
  return { stream, reader };
}

function buffered({ buffer }: StreamReader): string {
  return new TextDecoder().decode(buffer.bytes.subarray(buffer.start, buffer.end));
}

Deno.test("StreamReader puts arriving octets into its buffer and counts them", async () => {
  const { stream, reader } = setUp();
  const first = reader.fill();
  await stream.arrive("abc");
  assertEquals(await first, true);
  const second = reader.fill();
  await stream.arrive("de");
  assertEquals(await second, true);
  assertEquals(buffered(reader), "abcde");
  assertEquals(reader.received, 5);
});

Deno.test("StreamReader reads once for several callers of fill", async () => {
  const { stream, reader } = setUp();
  const waits = [reader.fill(), reader.fill(), reader.fillInterruptibly()];
  assertEquals(stream.reads, 1);
  await stream.arrive("abc");
  assertEquals(await Promise.all(waits), [true, true, true]);
  assertEquals(reader.received, 3);
});

Deno.test("StreamReader reports the end at each call, and reads no more", async () => {
  const { stream, reader } = setUp();
  const wait = reader.fill();
  await stream.arrive(null);
  assertEquals(await wait, false);
  assertEquals(reader.ended, true);
  assertEquals(await reader.fill(), false);
  assertEquals(await reader.fillInterruptibly(), false);
  assertEquals(await reader.readInto(new Uint8Array(4)), null);
  assertEquals(stream.reads, 1);
});

Deno.test("StreamReader reports a failure at each call, and reads no more", async () => {
  const { stream, reader } = setUp();
  const failure = new Deno.errors.ConnectionReset("gone");
  const wait = reader.fill();
  await stream.failRead(failure);
  assertEquals(await wait, false);
  assertStrictEquals(reader.failure, failure);
  assertEquals(await reader.fill(), false);
  assertStrictEquals(await assertRejects(() => reader.fillInterruptibly()), failure);
  assertEquals(stream.reads, 1);
});

Deno.test("StreamReader.readInto fails again after a failure", async () => {
  const { stream, reader } = setUp();
  const failure = new Deno.errors.ConnectionReset("gone");
  const wait = reader.readInto(new Uint8Array(4));
  await Promise.all([assertRejects(() => wait), stream.failRead(failure)]);
  const again = reader.readInto(new Uint8Array(4));
  // The result is a failure, whether the socket is read once more or not.
  if (stream.reading) void stream.failRead(failure);
  assertStrictEquals(await assertRejects(() => again), failure);
});

Deno.test("StreamReader makes its buffer grow up to the largest size", async () => {
  const { stream, reader } = setUp(4, 8);
  for (const text of ["abcd", "efgh"]) {
    const wait = reader.fill();
    await stream.arrive(text);
    await wait;
  }
  assertEquals(buffered(reader), "abcdefgh");
  assert(reader.buffer.full);
});

Deno.test("StreamReader.readInto reads past the buffer", async () => {
  const { stream, reader } = setUp();
  const target = new Uint8Array(4);
  const wait = reader.readInto(target);
  assertEquals(stream.readSize, 4);
  await stream.arrive("wxy");
  assertEquals(await wait, 3);
  assertEquals(target, new TextEncoder().encode("wxy\0"));
  assertEquals(reader.buffer.length, 0);
  assertEquals(reader.received, 3);
});

Deno.test("StreamReader.readInto returns null at the end", async () => {
  const { stream, reader } = setUp();
  const wait = reader.readInto(new Uint8Array(4));
  await stream.arrive(null);
  assertEquals(await wait, null);
  assertEquals(reader.ended, true);
});

Deno.test("StreamReader.readInto joins a read in progress and leaves the rest in the buffer", async () => {
  const { stream, reader } = setUp();
  reader.watch(() => {});
  const target = new Uint8Array(4);
  const wait = reader.readInto(target);
  assertEquals(stream.reads, 1);
  await stream.arrive("abcdef");
  assertEquals(await wait, 4);
  assertEquals(new TextDecoder().decode(target), "abcd");
  assertEquals(buffered(reader), "ef");
  assertEquals(reader.received, 6);
});

Deno.test("StreamReader.readInto joins a read that reaches the end", async () => {
  const { stream, reader } = setUp();
  reader.watch(() => {});
  const wait = reader.readInto(new Uint8Array(4));
  await stream.arrive(null);
  assertEquals(await wait, null);
});

Deno.test("StreamReader.readInto joins a read that fails", async () => {
  const { stream, reader } = setUp();
  reader.watch(() => {});
  const wait = reader.readInto(new Uint8Array(4));
  const failure = new Deno.errors.ConnectionReset("gone");
  const [error] = await Promise.all([assertRejects(() => wait), stream.failRead(failure)]);
  assertStrictEquals(error, failure);
});

Deno.test("StreamReader.interrupt ends the wait, and the read continues", async () => {
  const { stream, reader } = setUp();
  const wait = reader.fillInterruptibly();
  const reason = new Error("too late");
  reader.interrupt(reason);
  assertStrictEquals(await assertRejects(() => wait), reason);
  assertEquals(stream.reading, true);
  assertEquals(reader.failure, undefined);

  const next = reader.fill();
  await stream.arrive("abc");
  assertEquals(await next, true);
  assertEquals(stream.reads, 1);
  assertEquals(buffered(reader), "abc");
});

Deno.test("StreamReader.interrupt does not end a wait of fill", async () => {
  const { stream, reader } = setUp();
  const patient = reader.fill();
  const wait = reader.fillInterruptibly();
  reader.interrupt(new Error("too late"));
  await assertRejects(() => wait);
  assertEquals(await stateOf(patient), "pending");
  await stream.arrive("abc");
  assertEquals(await patient, true);
});

Deno.test("StreamReader.interrupt without a wait ends the next wait, and only that one", async () => {
  const { stream, reader } = setUp();
  const reason = new Error("too late");
  reader.interrupt(reason);
  assertStrictEquals(await assertRejects(() => reader.fillInterruptibly()), reason);
  const wait = reader.fillInterruptibly();
  await stream.arrive("abc");
  assertEquals(await wait, true);
});

Deno.test("StreamReader.interrupt ends a direct read", async () => {
  const { stream, reader } = setUp();
  const wait = reader.readInto(new Uint8Array(4));
  const reason = new Error("too late");
  reader.interrupt(reason);
  assertStrictEquals(await assertRejects(() => wait), reason);

  // Its octets are lost, but they are counted, and no second read starts at the same time.
  const next = reader.fill();
  assertEquals(stream.reads, 1);
  await stream.arrive("abc");
  assertEquals(await next, true);
  assertEquals(buffered(reader), "");
  assertEquals(reader.received, 3);
});

Deno.test("StreamReader leaves no unhandled rejection when the read of an interrupted wait fails", async () => {
  const { stream, reader } = setUp();
  const wait = reader.fillInterruptibly();
  reader.interrupt(new Error("too late"));
  await assertRejects(() => wait);
  await stream.failRead(new Deno.errors.ConnectionReset("gone")); // causes no unhandled rejection
  assert(reader.failure instanceof Deno.errors.ConnectionReset);
});

Deno.test("StreamReader.watch reads although no code waits, and calls back once", async () => {
  const { stream, reader } = setUp();
  let noticed = 0;
  reader.watch(() => noticed++);
  reader.watch(() => noticed++);
  await stream.arrive("abc");
  assertEquals(noticed, 1);
  assertEquals(stream.reading, false);
  assertEquals(buffered(reader), "abc");
});

Deno.test("StreamReader.watch calls back at the end and at a failure", async () => {
  for (const failure of [undefined, new Deno.errors.ConnectionReset("gone")]) {
    const { stream, reader } = setUp();
    let noticed = 0;
    reader.watch(() => noticed++);
    await (failure === undefined ? stream.arrive(null) : stream.failRead(failure));
    assertEquals(noticed, 1);
    assertEquals(reader.ended, failure === undefined);
    assertStrictEquals(reader.failure, failure);
  }
});

Deno.test("StreamReader.watch can be called again in its callback", async () => {
  const { stream, reader } = setUp();
  const seen: string[] = [];
  const notice = () => {
    seen.push(buffered(reader));
    reader.watch(notice);
  };
  reader.watch(notice);
  await stream.arrive("a");
  await stream.arrive("b");
  await stream.arrive(null);
  assertEquals(seen, ["a", "ab", "ab"]);
  assertEquals(stream.reads, 3);
});

Deno.test("StreamReader.watch joins a read in progress", async () => {
  const { stream, reader } = setUp();
  const wait = reader.fill();
  let noticed = 0;
  reader.watch(() => noticed++);
  assertEquals(stream.reads, 1);
  await stream.arrive("abc");
  assertEquals([await wait, noticed], [true, 1]);
});

Deno.test("StreamReader keeps its position when the buffer is emptied during a read", async () => {
  const { stream, reader } = setUp();
  const wait = reader.fill();
  await stream.arrive("abcd");
  await wait;
  reader.watch(() => {}); // reads behind "abcd"
  reader.buffer.consume(4); // takes "abcd" during the read
  await stream.arrive("ef");
  assertEquals(buffered(reader), "ef");
});

Deno.test("StreamReader keeps its position when part of the buffer is taken during a read", async () => {
  const { stream, reader } = setUp();
  const wait = reader.fill();
  await stream.arrive("abcd");
  await wait;
  reader.watch(() => {});
  reader.buffer.consume(3);
  await stream.arrive("ef");
  assertEquals(buffered(reader), "def");
});

Deno.test("StreamReader.watch does not read into a full buffer", async () => {
  const { stream, reader } = setUp(4);
  const wait = reader.fill();
  await stream.arrive("abcd");
  await wait;
  let noticed = 0;
  reader.watch(() => noticed++);
  await settle();
  assertEquals([stream.reads, noticed], [1, 0]);

  reader.buffer.consume(2); // there is room again
  reader.watch(() => noticed++);
  assertEquals(stream.reads, 2);
  await stream.arrive("e");
  assertEquals(noticed, 1);
});

Deno.test("StreamReader.watch does nothing after the end or a failure", async () => {
  const { stream, reader } = setUp();
  const wait = reader.fill();
  await stream.arrive(null);
  await wait;
  let noticed = 0;
  reader.watch(() => noticed++);
  await settle();
  assertEquals([stream.reads, noticed], [1, 0]);
});

Deno.test("StreamReader's buffer gets its usual size as soon as a read fills its first size, and later a smaller one", async () => {
  const stream = new ScriptedStream();
  const buffer = new ReceiveBuffer(8192, 8192, true);
  const reader = new StreamReader(stream, buffer);
  const sizes: number[] = [];
  for (const length of [1, 1024, 2, 4096, 3, 4]) {
    const filling = reader.fill();
    sizes.push(buffer.bytes.length);
    await stream.arrive("x".repeat(length));
    await filling;
    buffer.consume(buffer.length);
  }
  const filling = reader.fill();
  sizes.push(buffer.bytes.length);
  await stream.arrive(null);
  await filling;
  assertEquals(sizes, [1024, 1024, 8192, 4096, 8192, 4096, 4096]);
});

Deno.test("StreamReader gives lent storage back when a read in progress has ended", async () => {
  const stream = new ScriptedStream();
  const buffer = new ReceiveBuffer(8192, 8192, true);
  const reader = new StreamReader(stream, buffer);
  const storage = buffer.bytes;
  const filling = reader.fill();
  reader.release();
  assertEquals(buffer.bytes === storage, true);
  await stream.arrive(null);
  await filling;
  assertEquals(buffer.bytes.length, 0);
  assertEquals(new ReceiveBuffer(8192, 8192, true).bytes === storage, true);
});

Deno.test("StreamReader keeps storage in which octets are left", async () => {
  const stream = new ScriptedStream();
  const buffer = new ReceiveBuffer(8192, 8192, true);
  const reader = new StreamReader(stream, buffer);
  const filling = reader.fill();
  await stream.arrive("left");
  await filling;
  reader.release();
  assertEquals(buffer.length, 4);
  assertEquals(new ReceiveBuffer(8192, 8192, true).bytes === buffer.bytes, false);
});
