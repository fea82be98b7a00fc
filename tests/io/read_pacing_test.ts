// ReadPacing: reads begin in turn while many are busy, and the size of batches follows what completes.

import { assert, assertEquals } from "@std/assert";
import { ReadPacing } from "../../src/io/read_pacing.ts";
import { StreamReader } from "../../src/io/stream_reader.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";
import type { ByteStream } from "../../src/io/byte_stream.ts";

/** Time that is moved by hand, and batches that are begun by hand. */
class Hand {
  time = 0;
  next: (() => void) | undefined;
  readonly pacing = new ReadPacing({
    now: () => this.time,
    later: (callback) => this.next = callback,
  });

  /** Begins a read, or has it wait.
   *
   * @returns whether it began at once */
  read(onBegin: (batch: number) => void = () => {}): boolean {
    const { pacing } = this;
    const begin = (batch: number) => {
      pacing.begin();
      onBegin(batch);
    };
    if (!pacing.admits()) {
      pacing.wait(begin);
      return false;
    }
    begin(0);
    return true;
  }

  /** Lets the next batch begin. */
  turn(): void {
    this.time += 2;
    const { next } = this;
    this.next = undefined;
    next!();
  }
}

/** As many reads as never wait, which stay under way. */
function busy(): Hand {
  const hand = new Hand();
  for (let i = 0; i < 120; i++) assert(hand.read());
  return hand;
}

Deno.test("reads begin at once while few are under way, however many there are one after the other", () => {
  const hand = new Hand();
  for (let i = 0; i < 10_000; i++) {
    assert(hand.read());
    hand.pacing.end(0);
  }
  assertEquals(hand.next, undefined);
});

Deno.test("reads begin at once while many are under way and few begin", () => {
  const hand = busy();
  for (let i = 0; i < 10_000; i++) {
    hand.time += 1;
    assert(hand.read());
    hand.pacing.end(0);
  }
  assertEquals(hand.next, undefined);
});

Deno.test("reads past a batch begin in the order in which they came, with the next batches", () => {
  const hand = busy();
  const begun: number[] = [];
  let atOnce = 0;
  for (let i = 0; i < 200; i++) if (hand.read(() => begun.push(i))) atOnce++;
  assert(atOnce < 130, `${atOnce} began at once`);
  assertEquals(begun.length, atOnce);
  for (let turns = 0; hand.next !== undefined; turns++) {
    assert(turns < 10);
    hand.turn();
    hand.read(() => begun.push(200 + turns)); // a new one goes behind those that wait
  }
  assertEquals(begun, begun.toSorted((a, b) => a - b));
  assert(begun.length >= 200);
});

Deno.test("batches grow while their reads complete, and shrink while some do not, to a bound", () => {
  const hand = busy();
  let batches: number[] = [];
  let completes = true;
  const start = (batch: number) => {
    batches.push(batch);
    if (completes) hand.pacing.end(batch);
  };
  /** Sizes of so many batches, each of which leaves some reads waiting. */
  const sizes = (count: number) =>
    Array.from({ length: count }, () => {
      for (let i = 0; i < 200; i++) hand.read(start);
      batches = [];
      hand.turn();
      return batches.length;
    });
  const grown = sizes(10);
  assert(grown.at(-1)! > grown[0], grown.join());
  completes = false;
  const shrunk = sizes(40);
  assert(shrunk.at(-1)! < grown[0], shrunk.join());
  assertEquals(shrunk.at(-1), sizes(1)[0]);
  assert(shrunk.at(-1)! > 0);
});

Deno.test("some busy readers beside many silent ones soon wait no more", () => {
  const hand = busy();
  /** Each of 64 readers reads once within a millisecond. */
  const waited = () => {
    let count = 0;
    for (let i = 0; i < 64; i++) if (!hand.read((batch) => hand.pacing.end(batch))) count++;
    hand.time += 1;
    if (hand.next !== undefined) hand.turn();
    return count;
  };
  const counts = Array.from({ length: 400 }, waited);
  assert(counts.some((count) => count > 0));
  assertEquals(counts.slice(-50), Array(50).fill(0));
});

Deno.test("more readers than may read at once all get what has come", async () => {
  const streams = Array.from({ length: 400 }, () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const stream = { read: () => promise } as unknown as ByteStream;
    return { reader: new StreamReader(stream, new ReceiveBuffer(16)), resolve };
  });
  const filled = streams.map(({ reader }) => reader.fill());
  for (const { resolve } of streams) resolve(1);
  assertEquals(await Promise.all(filled), streams.map(() => true));
  assertEquals(streams.map(({ reader }) => reader.received), streams.map(() => 1));
});
