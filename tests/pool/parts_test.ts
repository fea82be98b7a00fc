// The small parts of the pool, each by itself: window, claims, credit, queue, histogram, outbox.

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { FakeExchange } from "./fake_exchange.ts";
import { claim, createClaims, MAX_HELD, offer, revoke } from "../../src/pool/wire/claims.ts";
import { CREDIT, ReceiveCredit, SendCredit } from "../../src/pool/wire/flow_control.ts";
import { ExchangeQueue } from "../../src/pool/exchange_queue.ts";
import { SlotMap } from "../../src/pool/wire/slot_map.ts";
import { Histogram } from "../../src/pool/histogram.ts";
import { type BatchMember, STRIDE, ToWorker } from "../../src/pool/wire/messages.ts";
import { MessageBatcher } from "../../src/pool/wire/message_batcher.ts";
import { ResponseStream } from "../../src/pool/response_stream.ts";
import type { WayToWorker } from "../../src/pool/pooled_exchange.ts";
import { BufferPool } from "../../src/pool/wire/buffer_pool.ts";
import { BatchWindow } from "../../src/pool/wire/batch_window.ts";

Deno.test("Window lets one batch go, and more as long as answers come quickly", () => {
  const window = new BatchWindow();
  assertEquals([window.fits(1), window.settled, window.next], [true, true, 1]);
  assertEquals(window.send(0), 1);
  assertEquals([window.fits(1), window.settled], [false, false]);
  window.done(1, 1);
  assertEquals([window.fits(1), window.settled], [true, true]);
  window.send(10);
  assert(window.fits(1));
  window.send(10);
  assert(!window.fits(1));
});

Deno.test("Window closes to one when an answer was slow", () => {
  const window = new BatchWindow();
  for (let batch = 1; batch <= 10; batch++) {
    window.send(batch);
    window.done(batch, batch);
  }
  window.send(100);
  window.done(11, 150);
  window.send(200);
  assert(!window.fits(1));
  assertEquals(window.unanswered(230), 30);
});

Deno.test("Window is never wider than its bound", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (steps) => {
    const window = new BatchWindow();
    let sent = 0;
    let done = 0;
    for (const step of steps) {
      if (step && window.fits(1)) sent = window.send(0);
      else if (done < sent) window.done(++done, 0);
      assert(sent - done <= 4);
      assertEquals(window.settled, sent === done);
    }
  }));
});

Deno.test("an offered exchange is either claimed or revoked, once", () => {
  for (const id of [0, 5, MAX_HELD + 5, 3 * MAX_HELD - 1]) {
    const claims = createClaims();
    offer(claims, id);
    assertEquals([claim(claims, id), revoke(claims, id), claim(claims, id)], [true, false, false]);
    offer(claims, id);
    assertEquals([revoke(claims, id), claim(claims, id), revoke(claims, id)], [true, false, false]);
  }
});

Deno.test("Credit lets a sender go on until the limit is reached", async () => {
  const credit = new SendCredit(10);
  credit.spend(9);
  assertEquals(credit.wait(), undefined);
  credit.spend(5);
  const waiting = credit.wait()!;
  let released = false;
  waiting.then(() => released = true);
  credit.raise(14); // exactly used up
  await Promise.resolve();
  assert(!released);
  credit.raise(15);
  await waiting;
  assertEquals([credit.wait(), credit.sent, credit.open], [undefined, 14, true]);
});

Deno.test("Credit takes a limit that it has heard of already for nothing", () => {
  const credit = new SendCredit(10);
  credit.spend(20);
  credit.raise(30);
  credit.raise(20);
  credit.spend(9);
  assert(credit.open);
  credit.raise(30);
  credit.spend(1);
  assert(!credit.open);
});

Deno.test("Credit that fails rejects whoever waits, now and later", async () => {
  const credit = new SendCredit(1);
  credit.spend(1);
  const waiting = credit.wait()!;
  credit.fail(new Error("gone"));
  await assertRejects(() => waiting, Error, "gone");
  await assertRejects(() => credit.wait()!, Error, "gone");
});

Deno.test("BufferPool copies into storage that came back and fits", () => {
  const storage = new BufferPool();
  const first = storage.copy(new Uint8Array([1, 2, 3]));
  const { buffer } = first;
  storage.keep(buffer);
  const second = storage.copy(new Uint8Array([4, 5, 6]));
  assertEquals([second, second.buffer === buffer], [new Uint8Array([4, 5, 6]), true]);
  storage.keep(buffer);
  const other = storage.copy(new Uint8Array(2));
  assertEquals([other.length, other.buffer === buffer], [2, false]);
  assert(storage.copy(new Uint8Array(3)).buffer !== buffer); // let go: nobody may want that size again
});

Deno.test("BufferPool keeps no more than one stream can use", () => {
  const storage = new BufferPool();
  const buffers = Array.from({ length: 20 }, () => new ArrayBuffer(CREDIT / 16));
  for (const buffer of buffers) storage.keep(buffer);
  const octets = new Uint8Array(CREDIT / 16);
  const copies = buffers.map(() => storage.copy(octets).buffer);
  assertEquals(copies.filter((copy) => buffers.includes(copy)).length, 16);
});

Deno.test("storage of written pieces goes back with the credit, unless the worker blocks", async () => {
  const rows: [blocks: boolean, size: number, spares: number][] = [
    [false, 65_536, 8],
    [true, 65_536, 0],
    [false, 8192, 0], // cloned, so it never was the worker's storage
  ];
  for (const [blocks, size, expected] of rows) {
    const kinds: number[] = [];
    const batcher = new MessageBatcher((batch) => {
      for (let at = 1; at < batch.length; at += STRIDE) kinds.push(batch[at] as number);
    });
    const way = { batcher, blockingServer: { grant: () => {} } } as unknown as WayToWorker;
    const callbacks = { isOver: false, finish: () => {}, giveUp: () => {} };
    const answer = new ResponseStream(new FakeExchange(), way, 1, callbacks);
    if (blocks) answer.replyRoom(0);
    for (let sent = 0; sent < CREDIT / 2; sent += size) answer.add(new Uint8Array(size));
    await new Promise((resolve) => setTimeout(resolve, 0));
    const spares = kinds.filter((kind) => kind === ToWorker.spare).length;
    assertEquals([kinds.includes(ToWorker.credit), spares], [true, expected]);
  }
});

Deno.test("Grant gives back all that was taken, in no more than half windows", () => {
  fc.assert(fc.property(fc.array(fc.nat(CREDIT)), (sizes) => {
    const grant = new ReceiveCredit();
    let owed = 0;
    for (const size of sizes) {
      owed += size - grant.took(size);
      assert(owed >= 0 && owed < CREDIT / 2);
    }
    const sum = sizes.reduce((a, b) => a + b, 0);
    assertEquals(grant.limit, sum + CREDIT);
    assert(grant.eased(sum + CREDIT / 2) && !grant.eased(sum + CREDIT / 2 + 1));
  }));
});

Deno.test("ExchangeQueue is first in, first out, whoever leaves out of turn", () => {
  const queue = new ExchangeQueue<number>(3);
  for (const member of [1, 2, 3]) queue.add(member);
  assertEquals([queue.full, queue.size, queue.first], [true, 3, 1]);
  assert(queue.remove(2) && !queue.remove(2));
  assertEquals([queue.take(), queue.take(), queue.take()], [1, 3, undefined]);
  queue.add(3);
  queue.putBack([1, 2]);
  assertEquals([...queue], [1, 2, 3]);
});

Deno.test("ExchangeQueue keeps its order whatever is done to it", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant("add" as const) },
    { weight: 4, arbitrary: fc.constant("take" as const) },
    fc.nat(1000),
    fc.constant("putBack" as const),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 1500 }), (steps) => {
    const queue = new ExchangeQueue<number>(Infinity);
    let model: number[] = [];
    let serial = 0;
    for (const step of steps) {
      if (step === "add") {
        queue.add(++serial);
        model.push(serial);
      } else if (step === "take") {
        assertEquals(queue.take(), model.shift());
      } else if (step === "putBack") {
        queue.putBack([-serial]);
        model = [-serial, ...model];
      } else {
        assertEquals(queue.remove(step), model.includes(step));
        model = model.filter((member) => member !== step);
      }
      assertEquals([queue.size, queue.first], [model.length, model[0]]);
    }
    assertEquals([...queue], model);
  }));
});

Deno.test("ExchangeQueue gives slots back that were left", () => {
  const queue = new ExchangeQueue<number>(Infinity);
  for (let member = 0; member < 1000; member++) queue.add(member);
  for (let member = 0; member < 900; member++) assertEquals(queue.take(), member);
  assertEquals([queue.size, queue.first, [...queue].at(-1)], [100, 900, 999]);
  assert(queue.remove(950) && !queue.remove(10));
  assertEquals(queue.size, 99);
});

Deno.test("Held holds what it was given, one at a place", () => {
  const slots = fc.array(fc.nat(9), { maxLength: 60 });
  fc.assert(fc.property(slots, (steps) => {
    const held = new SlotMap<string>();
    const model = new Map<number, string>();
    for (const [serial, place] of steps.entries()) {
      const occupant = [...model.keys()].find((id) => id % MAX_HELD === place);
      const id = (serial + 2 ** 40) * MAX_HELD + place;
      if (occupant === undefined) {
        held.set(id, `${id}`);
        model.set(id, `${id}`);
      } else {
        held.delete(id); // held by another number
        assertEquals(held.get(id), undefined);
        held.delete(occupant);
        model.delete(occupant);
      }
      assertEquals(held.size, model.size);
    }
    assertEquals(held.entries(), [...model]);
    assertEquals([...held], [...model.values()]);
    for (const [id, value] of model) assertEquals(held.get(id), value);
    held.clear();
    assertEquals([held.size, [...held]], [0, []]);
  }));
});

Deno.test("Histogram counts every duration once", () => {
  fc.assert(fc.property(fc.array(fc.nat(100_000)), (durations) => {
    const histogram = new Histogram();
    for (const duration of durations) histogram.add(duration);
    const { bounds, counts, count, sum } = histogram.view;
    assertEquals(bounds.length, counts.length);
    assertEquals(count, durations.length);
    assertEquals(counts.reduce((a, b) => a + b, 0), count);
    assertEquals(sum, durations.reduce((a, b) => a + b, 0));
    bounds.forEach((bound, i) => {
      const least = i === 0 ? -1 : bounds[i - 1];
      assertEquals(counts[i], durations.filter((d) => d > least && d <= bound).length);
    });
    histogram.clear();
    assertEquals(histogram.view.count, 0);
  }));
});

Deno.test("Outbox sends what one turn put in as one batch, in order", async () => {
  const batches: BatchMember[][] = [];
  const batcher = new MessageBatcher((batch) => batches.push(batch));
  batcher.put(1, 2, "a");
  await Promise.resolve();
  batcher.put(3, 4, "b", true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  batcher.put(5, 6, "c");
  batcher.flush();
  assert(batcher.empty);
  batcher.flush();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(batches, [[0, 1, 2, "a", null, 3, 4, "b", true], [0, 5, 6, "c", null]]);
});
