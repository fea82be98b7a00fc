// Tests of the statistics of the benches.

import { assertEquals } from "@std/assert";
import { interleave, median, medianRatio, quantile } from "./rounds.ts";

Deno.test("interleave measures all candidates in each round, in a different order", async () => {
  const order: string[] = [];
  const samples = await interleave(["a", "b", "c"], 3, (name) => {
    order.push(name);
    return Promise.resolve({ at: order.length });
  });
  assertEquals(order.join(""), "abcbcacab");
  assertEquals(samples.get("a"), [{ at: 1 }, { at: 6 }, { at: 8 }]);
});

Deno.test("median is the number in the middle, or the mean of the two in the middle", () => {
  assertEquals(median([9, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 9]), 3);
});

Deno.test("medianRatio takes ratios within rounds", () => {
  assertEquals(medianRatio([80, 40, 90], [100, 50, 100]), 0.8);
});

Deno.test("quantile is a number that the share does not exceed", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assertEquals(quantile(hundred, 0.99), 99);
  assertEquals(quantile(hundred, 0.5), 50);
  assertEquals(quantile([7], 0.99), 7);
});
