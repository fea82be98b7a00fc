// Waits for a promise with a time limit.

import { clearTimeout, Promise, race, setTimeout } from "./platform.ts";
import type { Clock } from "./clock.ts";

/** 2^31 - 1 milliseconds, near 25 days, is the longest that a timer can wait. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Waits for a promise until it settles or the time limit passes.
 *
 * @param promise what to wait for; the limit does not stop its work
 * @param timeout milliseconds; `Infinity` waits without a limit
 * @param clock measures the time; the platform's timers without it
 * @returns what the promise resolves to, or `undefined` when the time limit passes first
 * @throws what the promise rejects with in time */
export async function withTimeout<T>(
  promise: Promise<T>,
  timeout: number,
  clock?: Clock,
): Promise<T | undefined> {
  if (timeout === Infinity) return await promise;
  const late = Promise.withResolvers<undefined>();
  const stop = startTimer(
    Math.min(timeout, LONGEST_TIMER),
    () => late.resolve(undefined),
    clock,
  );
  try {
    return await race([promise, late.promise]);
  } finally {
    stop();
  }
}

function startTimer(timeout: number, onLate: () => void, clock: Clock | undefined): () => void {
  if (clock !== undefined) {
    const timer = clock.every(timeout, onLate);
    return () => timer.stop();
  }
  const timer = setTimeout(onLate, timeout);
  return () => clearTimeout(timer);
}
