// What a channel is made of, each by itself: window, claims, credit, storage, slots.

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { BatchWindow } from "../../../src/pool/wire/batch_window.ts";
import { BufferPool } from "../../../src/pool/wire/buffer_pool.ts";
import { claim, createClaims, offer, revoke } from "../../../src/pool/wire/claims.ts";
import {
  costOf,
  CREDIT,
  FIRST_CREDIT,
  ReceiveCredit,
  SendCredit,
} from "../../../src/pool/wire/flow_control.ts";
import { MAX_SLOTS, SlotMap } from "../../../src/pool/wire/slot_map.ts";

Deno.test("BatchWindow lets one batch go, and more while acknowledgements come quickly", () => {
  const window = new BatchWindow();
  assertEquals([window.fits(1), window.allAcknowledged, window.next], [true, true, 1]);
  assertEquals(window.send(0), 1);
  assertEquals([window.fits(1), window.allAcknowledged], [false, false]);
  window.acknowledge(1, 1);
  assertEquals([window.fits(1), window.allAcknowledged], [true, true]);
  window.send(10);
  assert(window.fits(1));
  window.send(10);
  assert(!window.fits(1));
});

Deno.test("BatchWindow closes to one when an acknowledgement was slow", () => {
  const window = new BatchWindow();
  for (let batch = 1; batch <= 10; batch++) {
    window.send(batch);
    window.acknowledge(batch, batch);
  }
  window.send(100);
  window.acknowledge(11, 150);
  window.send(200);
  assert(!window.fits(1));
  assertEquals(window.unacknowledgedFor(230), 30);
});

Deno.test("BatchWindow is never wider than its bound", () => {
  fc.assert(fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (steps) => {
    const window = new BatchWindow();
    let sent = 0;
    let acknowledged = 0;
    for (const step of steps) {
      if (step && window.fits(1)) sent = window.send(0);
      else if (acknowledged < sent) window.acknowledge(++acknowledged, 0);
      assert(sent - acknowledged <= 4);
      assertEquals(window.allAcknowledged, sent === acknowledged);
    }
  }));
});

Deno.test("an offered exchange is either claimed or revoked, once", () => {
  for (const id of [0, 5, MAX_SLOTS + 5, 3 * MAX_SLOTS - 1]) {
    const claims = createClaims();
    offer(claims, id);
    assertEquals([claim(claims, id), revoke(claims, id), claim(claims, id)], [true, false, false]);
    offer(claims, id);
    assertEquals([revoke(claims, id), claim(claims, id), revoke(claims, id)], [true, false, false]);
  }
});

Deno.test("SendCredit lets a sender continue until the limit is reached", async () => {
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

Deno.test("SendCredit ignores a limit that it has already", () => {
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

Deno.test("SendCredit that fails rejects every wait, now and later", async () => {
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
  assert(storage.copy(new Uint8Array(3)).buffer !== buffer); // dropped: that size may never be needed again
});

Deno.test("BufferPool keeps no more than one stream can use", () => {
  const storage = new BufferPool();
  const buffers = Array.from({ length: 20 }, () => new ArrayBuffer(CREDIT / 16));
  for (const buffer of buffers) storage.keep(buffer);
  const octets = new Uint8Array(CREDIT / 16);
  const copies = buffers.map(() => storage.copy(octets).buffer);
  assertEquals(copies.filter((copy) => buffers.includes(copy)).length, 16);
});

Deno.test("ReceiveCredit grants what was taken and more, until it has all of its size", () => {
  fc.assert(fc.property(fc.array(fc.nat(CREDIT)), (costs) => {
    const credit = new ReceiveCredit();
    let granted = FIRST_CREDIT;
    let taken = 0;
    let size = FIRST_CREDIT;
    for (const cost of costs) {
      granted += credit.take(cost);
      taken += cost;
      size = Math.min(CREDIT, size + Math.ceil(cost / 8));
      assertEquals(credit.limit, taken + size);
      // A sender that has sent all it may is never left waiting.
      assert(granted > taken && granted <= credit.limit);
      assert(credit.limit - granted < size / 2);
    }
    assert(credit.hasRoomAfter(taken + size / 2) && !credit.hasRoomAfter(taken + size / 2 + 1));
  }));
});

Deno.test("ReceiveCredit that has shrunk grants nothing until little is on its way", () => {
  const credit = new ReceiveCredit();
  let granted = FIRST_CREDIT;
  for (let taken = 0; taken < 16 * CREDIT; taken += 10_000) granted += credit.take(10_000);
  assert(credit.limit - granted < CREDIT / 2);
  credit.shrink();
  let onItsWay = granted - (credit.limit - FIRST_CREDIT);
  assert(onItsWay > CREDIT / 2);
  while (onItsWay > CREDIT / 4) {
    assertEquals(credit.take(1_000), 0);
    onItsWay -= 1_000;
  }
  let more = 0;
  for (let taken = 0; more === 0; taken += 1_000) {
    assert(taken < CREDIT / 4);
    more = credit.take(1_000);
  }
});

Deno.test("a stream of small pieces has less on its way than one of large pieces", () => {
  const countFor = (size: number) => {
    const credit = new SendCredit();
    let count = 0;
    for (; credit.open; count++) credit.spend(costOf(size));
    return count;
  };
  assert(countFor(1) <= 128, `${countFor(1)}`);
  assertEquals(countFor(1024 * 1024), 1);
});

Deno.test("SlotMap holds what it was given, one a slot", () => {
  const slots = fc.array(fc.nat(9), { maxLength: 60 });
  fc.assert(fc.property(slots, (steps) => {
    const map = new SlotMap<string>();
    const model = new Map<number, string>();
    for (const [serial, slot] of steps.entries()) {
      const occupant = [...model.keys()].find((id) => id % MAX_SLOTS === slot);
      const id = (serial + 2 ** 36) * MAX_SLOTS + slot;
      if (occupant === undefined) {
        map.set(id, `${id}`);
        model.set(id, `${id}`);
      } else {
        map.delete(id); // held by another number
        assertEquals(map.get(id), undefined);
        map.delete(occupant);
        model.delete(occupant);
      }
      assertEquals(map.size, model.size);
    }
    assertEquals(map.entries(), [...model]);
    assertEquals([...map], [...model.values()]);
    for (const [id, value] of model) assertEquals(map.get(id), value);
    map.clear();
    assertEquals([map.size, [...map]], [0, []]);
  }));
});
