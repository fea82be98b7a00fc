// DeadlineSweep: one tick for all deadlines, which runs only while there are members.

import { assertEquals } from "@std/assert";
import { DeadlineSweep, type Sweepable } from "../../src/io/deadline_sweep.ts";
import { ManualClock } from "../support/manual_clock.ts";

class Member implements Sweepable {
  readonly asked: number[] = [];

  sweep(now: number): void {
    this.asked.push(now);
  }
}

Deno.test("DeadlineSweep ticks only while it has members", () => {
  const clock = new ManualClock(0);
  const sweep = new DeadlineSweep(clock, 1_000);
  const [a, b] = [new Member(), new Member()];
  assertEquals(clock.running, 0);
  sweep.add(a);
  sweep.add(b);
  assertEquals(clock.running, 1);
  sweep.delete(a);
  assertEquals(clock.running, 1);
  sweep.delete(b);
  assertEquals(clock.running, 0);
  sweep.add(a);
  clock.advance(250);
  assertEquals([a.asked, b.asked], [[250], []]);
  sweep.delete(a);
  assertEquals(clock.running, 0);
});

Deno.test("DeadlineSweep sweeps all members at a quarter of the shortest deadline", () => {
  const clock = new ManualClock(0);
  const sweep = new DeadlineSweep(clock, 1_000);
  const members = [new Member(), new Member(), new Member()];
  for (const member of members) sweep.add(member);
  clock.advance(1_000);
  for (const { asked } of members) assertEquals(asked, [250, 500, 750, 1_000]);
  for (const member of members) sweep.delete(member);
});

Deno.test("DeadlineSweep looks one tick later when the thread did not run", () => {
  const clock = new ManualClock(0);
  const sweep = new DeadlineSweep(clock, 1_000);
  const member = new Member();
  sweep.add(member);
  clock.advance(250);
  clock.suspend(60_000);
  assertEquals(member.asked, [250]);
  clock.advance(250);
  assertEquals(member.asked, [250, 60_500]);
  clock.suspend(600); // a thread that is always late has its deadlines all the same
  clock.suspend(600);
  assertEquals(member.asked, [250, 60_500, 61_700]);
});

Deno.test("DeadlineSweep's interval is at least 10 ms and at most 500 ms", () => {
  for (
    const [shortest, interval] of [[1, 10], [40, 10], [100, 25], [60_000, 500], [Infinity, 500]]
  ) {
    const clock = new ManualClock(0);
    const sweep = new DeadlineSweep(clock, shortest);
    const member = new Member();
    sweep.add(member);
    clock.advance(interval);
    assertEquals(member.asked, [interval], `shortest deadline ${shortest}`);
    sweep.delete(member);
  }
});

Deno.test("DeadlineSweep allows adding and deleting members during a sweep", () => {
  const clock = new ManualClock(0);
  const sweep = new DeadlineSweep(clock, 1_000);
  const late = new Member();
  const second = new Member();
  const first: Sweepable = {
    sweep() {
      sweep.delete(first);
      sweep.delete(second);
      sweep.add(late);
    },
  };
  sweep.add(first);
  sweep.add(second);
  clock.advance(500);
  assertEquals(second.asked, []);
  assertEquals(late.asked.at(-1), 500);
  sweep.delete(late);
  assertEquals(clock.running, 0);
});

Deno.test("DeadlineSweep stops when its last member is deleted during a sweep", () => {
  const clock = new ManualClock(0);
  const sweep = new DeadlineSweep(clock, 1_000);
  const member: Sweepable = { sweep: () => sweep.delete(member) };
  sweep.add(member);
  clock.advance(10_000);
  assertEquals(clock.running, 0);
});

Deno.test("DeadlineSweep ignores adding or deleting a member twice", () => {
  const clock = new ManualClock(0);
  const sweep = new DeadlineSweep(clock, 1_000);
  const member = new Member();
  sweep.add(member);
  sweep.add(member);
  clock.advance(250);
  assertEquals(member.asked, [250]);
  sweep.delete(member);
  sweep.delete(member);
  assertEquals(clock.running, 0);
});
