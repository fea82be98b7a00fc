// Tests of the pauses of a thread that is ahead of others on the same socket.

import { assertEquals, assertInstanceOf } from "@std/assert";
import { AcceptBalance, createAcceptCounts } from "../../src/net/accept_balance.ts";

function threads() {
  const counts = createAcceptCounts();
  return [new AcceptBalance(counts, 1), new AcceptBalance(counts, 2)];
}

Deno.test("a thread pauses before it accepts again while it is ahead, then accepts in any case", async () => {
  const [one, other] = threads();
  const pace = one.createPacer();
  one.note(4);
  other.note(0);
  const pause = pace();
  assertInstanceOf(pause, Promise);
  await pause;
  assertEquals(pace(), undefined);
});

Deno.test("a thread that is not ahead, or has a small lead, does not pause", () => {
  const [one, other] = threads();
  const [pace, otherPace] = [one.createPacer(), other.createPacer()];
  other.note(20);
  for (const open of [0, 20, 28]) {
    one.note(open);
    assertEquals(pace(), undefined, `${open} connections`);
  }
  other.note(0);
  one.note(3);
  assertEquals(pace(), undefined);
  assertEquals(otherPace(), undefined);
});

Deno.test("a thread whose pauses are in vain pauses no more until the other has accepted", async () => {
  const [one, other] = threads();
  const pace = one.createPacer();
  one.note(100);
  other.note(0);
  let pauses = 0;
  for (let accepts = 0; accepts < 8; accepts++) {
    const pause = pace();
    if (pause === undefined) continue;
    pauses++;
    await pause;
    assertEquals(pace(), undefined);
  }
  assertEquals(pauses, 4);
  other.noteAccepted();
  await pace();
  pauses++;
  assertEquals(pauses, 5);
});

Deno.test("a thread does not wait for one that accepts no more", () => {
  const [one, other] = threads();
  const pace = one.createPacer();
  one.note(100);
  assertEquals(pace(), undefined, "it has not begun");
  other.note(0);
  other.leave();
  assertEquals(pace(), undefined);
});
