// The queue and the histogram of a pool, each by itself.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ExchangeQueue } from "../../src/pool/exchange_queue.ts";
import { Histogram } from "../../src/pool/histogram.ts";

Deno.test("ExchangeQueue is first in, first out, also when a member leaves out of turn", () => {
  const queue = new ExchangeQueue<number>(3);
  for (const member of [1, 2, 3]) queue.add(member);
  assertEquals([queue.full, queue.size, queue.first], [true, 3, 1]);
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

Deno.test("ExchangeQueue frees the memory of members that have left", () => {
  const queue = new ExchangeQueue<number>(Infinity);
  for (let member = 0; member < 1000; member++) queue.add(member);
  for (let member = 0; member < 900; member++) assertEquals(queue.take(), member);
  assertEquals([queue.size, queue.first, [...queue].at(-1)], [100, 900, 999]);
  assert(queue.remove(950) && !queue.remove(10));
  assertEquals(queue.size, 99);
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
