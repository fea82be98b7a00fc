// Who has this exchange: the worker that it was offered to, or the pool that wants it back? One word of
// shared memory for each exchange that a worker holds. The worker claims it right before it starts; the
// pool revokes it when the worker turns out to be busy and somebody else is free. Exactly one of them
// succeeds, so an exchange is never started twice and never lost.

const OFFERED = 0;
const CLAIMED = 1;
const REVOKED = 2;

/** Exchanges that a worker can hold at a time; also how an exchange's id tells its place. */
export const MAX_HELD = 1024;

/** The place that an exchange's number on the wire tells. */
export function placeOf(id: number): number {
  return id & (MAX_HELD - 1); // right for all whole numbers, and quicker than % for large ones
}

/** The memory that a pool shares with one worker. */
export function createClaims(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(MAX_HELD * Int32Array.BYTES_PER_ELEMENT));
}

/** Offers an exchange; its place must be free. */
export function offer(claims: Int32Array, id: number): void {
  Atomics.store(claims, placeOf(id), OFFERED);
}

/** Claims an exchange for the worker.
 *
 * @returns false when the pool has taken it back */
export function claim(claims: Int32Array, id: number): boolean {
  return Atomics.compareExchange(claims, placeOf(id), OFFERED, CLAIMED) === OFFERED;
}

/** Takes an exchange back from a worker.
 *
 * @returns false when the worker has started it */
export function revoke(claims: Int32Array, id: number): boolean {
  return Atomics.compareExchange(claims, placeOf(id), OFFERED, REVOKED) === OFFERED;
}
