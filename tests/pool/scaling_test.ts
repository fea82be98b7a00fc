// The arithmetic of how many workers to start, and of the back-off.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { backOff, exchangeQuota, workersToStart } from "../../src/pool/scaling.ts";

const load = {
  minWorkers: 2,
  maxWorkers: 4,
  ready: 2,
  starting: 0,
  queued: 0,
  available: 2,
};

const rows: [name: string, change: Partial<typeof load>, expected: number][] = [
  ["nothing to do", {}, 0],
  ["below the minimum", { ready: 0, available: 0 }, 2],
  ["below the minimum, one is starting", { ready: 0, starting: 1, available: 0 }, 1],
  ["exchanges wait and no worker is free", { queued: 1, available: 0 }, 1],
  ["exchanges wait but a worker is free", { queued: 9, available: 1 }, 0],
  ["a worker is starting for the one that waits", { queued: 1, starting: 1, available: 0 }, 0],
  ["no more than the maximum", { queued: 100, available: 0 }, 2],
  ["at the maximum", { ready: 4, queued: 100, available: 0 }, 0],
  ["above the maximum, as while workers are replaced", { ready: 6, queued: 9, available: 0 }, 0],
];
for (const [name, change, expected] of rows) {
  Deno.test(`workersToStart: ${name}`, () => {
    assertEquals(workersToStart({ ...load, ...change }), expected);
  });
}

Deno.test("workersToStart never passes the maximum and never stays below the minimum", () => {
  const number = fc.nat(50);
  const loads = fc.record({
    minWorkers: number,
    more: number,
    ready: number,
    starting: number,
    queued: number,
    available: number,
  });
  fc.assert(fc.property(loads, ({ more, ...given }) => {
    const maxWorkers = given.minWorkers + more;
    const live = given.ready + given.starting;
    const count = workersToStart({ ...given, maxWorkers });
    assert(count >= 0);
    assert(count === 0 || live + count <= maxWorkers);
    assert(live + count >= given.minWorkers);
  }));
});

Deno.test("backOff doubles up to half a minute", () => {
  assertEquals([0, 1, 2, 3, 4].map(backOff), [0, 100, 200, 400, 800]);
  assertEquals([20, 2_000].map(backOff), [30_000, 30_000]);
});

Deno.test("exchangeQuota is a tenth more or less, and at least one", () => {
  assertEquals(exchangeQuota(Infinity, 0.5), Infinity);
  assertEquals([0, 0.5, 0.9999].map((random) => exchangeQuota(1000, random)), [900, 1000, 1100]);
  assertEquals(exchangeQuota(1, 0), 1);
});
