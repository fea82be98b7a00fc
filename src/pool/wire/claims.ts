// Decides who has an exchange: the worker that it was offered to, or the pool that wants it back. Each
// exchange that a worker holds has one word of shared memory; the worker claims it right before it
// starts, and the pool revokes it when the worker turns out to be busy and another one is free. Exactly
// one of them succeeds, so an exchange is never started twice and never lost.

import { MAX_SLOTS, slotOf } from "./slot_map.ts";

const OFFERED = 0;
const CLAIMED = 1;
const REVOKED = 2;

/** The memory that a pool shares with one worker. */
export function createClaims(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(MAX_SLOTS * Int32Array.BYTES_PER_ELEMENT));
}

/** Offers an exchange; its slot must be free. */
export function offer(claims: Int32Array, id: number): void {
  Atomics.store(claims, slotOf(id), OFFERED);
}

/** Claims an exchange for the worker.
 *
 * @returns false when the pool has taken it back */
export function claim(claims: Int32Array, id: number): boolean {
  return Atomics.compareExchange(claims, slotOf(id), OFFERED, CLAIMED) === OFFERED;
}

/** Whether the worker has claimed an exchange. */
export function isClaimed(claims: Int32Array, id: number): boolean {
  return Atomics.load(claims, slotOf(id)) === CLAIMED;
}

/** Takes an exchange back from a worker.
 *
 * @returns false when the worker has started it */
export function revoke(claims: Int32Array, id: number): boolean {
  return Atomics.compareExchange(claims, slotOf(id), OFFERED, REVOKED) === OFFERED;
}
