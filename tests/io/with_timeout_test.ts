// withTimeout: a wait for a promise with a time limit.

import { assertEquals, assertRejects } from "@std/assert";
import { withTimeout } from "../../src/io/with_timeout.ts";
import { ManualClock } from "../support/manual_clock.ts";

Deno.test("withTimeout gives what the promise resolves to, and leaves no timer", async () => {
  assertEquals(await withTimeout(Promise.resolve("here"), 60_000), "here");
  assertEquals(await withTimeout(Promise.resolve("here"), Infinity), "here");
});

Deno.test("withTimeout gives undefined when the time limit passes first", async () => {
  const clock = new ManualClock();
  const waiting = withTimeout(new Promise(() => {}), 1_000, clock);
  clock.advance(1_000);
  assertEquals(await waiting, undefined);
  assertEquals(clock.running, 0);
});

Deno.test("withTimeout rejects with the error of the promise", async () => {
  await assertRejects(() => withTimeout(Promise.reject(new Error("no")), 60_000), Error, "no");
});

Deno.test("withTimeout accepts times beyond the longest timer", async () => {
  assertEquals(await withTimeout(Promise.resolve("here"), 2 ** 40), "here");
});
