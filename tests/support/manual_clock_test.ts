// Tests of ManualClock.

import { assertEquals, assertThrows } from "@std/assert";
import { ManualClock } from "./manual_clock.ts";

Deno.test("ManualClock stands still until it is advanced", () => {
  const clock = new ManualClock(100);
  assertEquals(clock.now(), 100);
  clock.advance(7);
  assertEquals(clock.now(), 107);
});

Deno.test("ManualClock calls back at each interval, in order of time", () => {
  const clock = new ManualClock(0);
  const calls: string[] = [];
  clock.every(30, () => calls.push(`a${clock.now()}`));
  clock.every(20, () => calls.push(`b${clock.now()}`));
  clock.advance(65);
  assertEquals(calls, ["b20", "a30", "b40", "a60", "b60"]);
  clock.advance(14);
  assertEquals(calls.length, 5);
  clock.advance(1);
  assertEquals(calls.at(-1), "b80");
});

Deno.test("ManualClock does not call back a stopped interval, even if its callback stopped it", () => {
  const clock = new ManualClock(0);
  let calls = 0;
  const ticking = clock.every(10, () => {
    if (++calls === 2) ticking.stop();
  });
  assertEquals(clock.running, 1);
  clock.advance(100);
  assertEquals(calls, 2);
  assertEquals(clock.running, 0);
});

Deno.test("ManualClock calls back an interval that a callback has started", () => {
  const clock = new ManualClock(0);
  const calls: number[] = [];
  const first = clock.every(10, () => {
    first.stop();
    clock.every(5, () => calls.push(clock.now()));
  });
  clock.advance(20);
  assertEquals(calls, [15, 20]);
});

Deno.test("ManualClock rejects an interval of 0", () => {
  assertThrows(() => new ManualClock().every(0, () => {}), RangeError);
});
