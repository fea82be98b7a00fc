// The octets that are seen to leave the system's queue while a write waits.

import { assertEquals } from "@std/assert";
import { Drainage } from "../../src/connection/drainage.ts";
import { settle } from "../support/scripted_stream.ts";

/** Looks at queues of the given lengths in turn, a second apart, and returns what was seen to leave. */
async function drainedOf(looks: readonly [queue: number | undefined, sent: number][]) {
  const queues = looks.map(([queue]) => queue);
  const drainage = new Drainage(() => Promise.resolve(queues.shift()));
  for (const [index, [, sent]] of looks.entries()) {
    drainage.sample(index * 1_000, 1_000, sent);
    await settle();
  }
  return drainage.drained;
}

Deno.test("a queue that shrinks while nothing is added has drained", async () => {
  assertEquals(await drainedOf([[5_000, 1]]), 0);
  assertEquals(await drainedOf([[5_000, 1], [4_000, 1], [4_000, 1], [1_000, 1]]), 4_000);
});

Deno.test("a queue that octets were added to, or that is not known, counts anew", async () => {
  assertEquals(await drainedOf([[5_000, 1], [4_000, 2], [3_500, 2]]), 500);
  assertEquals(await drainedOf([[5_000, 1], [undefined, 1], [4_000, 1]]), 0);
});

Deno.test("a queue is not looked at more often than the interval, nor after a failure more", async () => {
  let looks = 0;
  const drainage = new Drainage(() => {
    looks++;
    return Promise.reject(new Error("not permitted"));
  });
  for (let now = 0; now < 3_000; now += 250) drainage.sample(now, 1_000, 1);
  await settle();
  assertEquals([looks, drainage.drained], [3, 0]);
});
