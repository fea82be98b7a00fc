// The queue, its bound, its refusals and the histogram of a pool, each by itself.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ExchangeQueue } from "../../src/pool/exchange_queue.ts";
import { Histogram } from "../../src/pool/histogram.ts";
import { PacedRefusals } from "../../src/pool/paced_refusals.ts";
import { QueueBound } from "../../src/pool/queue_bound.ts";

Deno.test("ExchangeQueue is first in, first out, also when a member leaves out of turn", () => {
  const queue = new ExchangeQueue<number>();
  for (const member of [1, 2, 3]) queue.add(member);
  assertEquals([queue.size, queue.first], [3, 1]);
  assert(queue.remove(2) && !queue.remove(2));
  assertEquals([queue.take(), queue.take(), queue.take()], [1, 3, undefined]);
  queue.add(3);
  queue.putBack([1, 2]);
  assertEquals([...queue], [1, 2, 3]);
});

Deno.test("ExchangeQueue keeps its order through all operations", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant("add" as const) },
    { weight: 4, arbitrary: fc.constant("take" as const) },
    fc.nat(1000),
    fc.constant("putBack" as const),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 1500 }), (steps) => {
    const queue = new ExchangeQueue<number>();
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

Deno.test("ExchangeQueue frees the memory of members that have left", () => {
  const queue = new ExchangeQueue<number>();
  for (let member = 0; member < 1000; member++) queue.add(member);
  for (let member = 0; member < 900; member++) assertEquals(queue.take(), member);
  assertEquals([queue.size, queue.first, [...queue].at(-1)], [100, 900, 999]);
  assert(queue.remove(950) && !queue.remove(10));
  assertEquals(queue.size, 99);
});

Deno.test("QueueBound grows to what the rate of the last seconds serves in time, and never below queueSize", () => {
  const bound = new QueueBound({ queueSize: 10, queueGrows: true, queueTimeout: 1_000 });
  let now = 1_000;
  let handedOver = 0;
  const pass = (sweeps: number, perSweep: number, waiting = true) => {
    for (let i = 0; i < sweeps; i++) {
      bound.update(now += 50, handedOver += perSweep, waiting);
    }
  };
  assert(bound.allows(9) && !bound.allows(10));
  assert(!bound.judges);
  pass(20, 5);
  assert(bound.judges);
  assert(bound.allows(90) && !bound.allows(110)); // 100 a second
  pass(1_000, 0, false); // what is handed over while nothing waits says nothing
  assert(bound.allows(90) && !bound.allows(110));
  pass(600, 1);
  assert(bound.allows(19) && !bound.allows(22));
  pass(600, 0);
  assert(bound.allows(9) && !bound.allows(10));
});

Deno.test("QueueBound is a plain bound where queueSize is given, and where no wait is too long", () => {
  for (const [queueGrows, queueTimeout] of [[false, 1_000], [true, Infinity]] as const) {
    const bound = new QueueBound({ queueSize: 10, queueGrows, queueTimeout });
    for (let now = 50; now < 5_000; now += 50) bound.update(now, now, true);
    assert(bound.judges && bound.allows(9) && !bound.allows(10));
  }
});

Deno.test("PacedRefusals refuses few at once, and each within two seconds", () => {
  const refusals = new PacedRefusals<number>(10_000);
  let atOnce = 0;
  while (refusals.takeOne()) atOnce++;
  assertEquals(atOnce, 10);
  for (let member = 0; member < 4_000; member++) refusals.add(member);
  const first = [...refusals.takeDue()];
  assertEquals([first.length, first[0], first[99]], [100, 0, 99]);
  let sweeps = 1;
  let last = 99;
  while (last < 3_999) {
    sweeps++;
    refusals.add(9_999); // the clients that were refused come back
    for (const member of refusals.takeDue()) last = member;
  }
  assert(sweeps <= 2_000 / 50 * 4, `${sweeps} sweeps`);
});

Deno.test("PacedRefusals refuses all that wait in less time where queueTimeout is less", () => {
  const refusals = new PacedRefusals<number>(100);
  for (let member = 0; member < 400; member++) refusals.add(member);
  assertEquals([...refusals.takeDue()].length, 200);
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
