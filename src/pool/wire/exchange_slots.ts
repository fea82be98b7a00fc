// The slots of a worker. Each exchange that it holds has one: a word of the memory that says who has the
// exchange (claims.ts), and a part of the exchange's number on the wire. A slot that was taken back is
// not free at once, because the worker still has to pass over the exchange that it held.

import { createClaims, isClaimed, offer, revoke } from "./claims.ts";
import { MAX_SLOTS, slotOf } from "./slot_map.ts";

/** Serial numbers before they begin anew: with the slot they stay safe integers. An exchange that was begun
 * so many exchanges ago is not held any more. */
const MAX_SERIAL = 2 ** 36;

/** The slots of one worker. */
export class ExchangeSlots {
  /** The memory that both sides see. */
  readonly claims = createClaims();
  readonly #count: number;
  /** Slots that were used and are free again. The last one is used next, so that the slots in use stay
   * close together. */
  readonly #free: number[] = [];
  /** Slots from this one on were never used. */
  #unused = 0;
  /** Slots that were taken back, each with the batch behind which it is free. */
  #quarantine: { readonly slot: number; readonly batch: number }[] = [];
  #serial = 0;

  /** @param count how many there are; at most `MAX_SLOTS` are used */
  constructor(count: number) {
    this.#count = Math.min(count, MAX_SLOTS);
  }

  /** Whether a slot is free. */
  get room(): boolean {
    return this.#free.length > 0 || this.#unused < this.#count;
  }

  /** Offers an exchange to the worker; there must be room.
   *
   * @returns the exchange's number on the wire; no exchange of the last 2^36 has had it */
  offer(): number {
    this.#serial = this.#serial % MAX_SERIAL + 1;
    const id = this.#serial * MAX_SLOTS + (this.#free.pop() ?? this.#unused++);
    offer(this.claims, id);
    return id;
  }

  /** Whether the worker has started an exchange. */
  isStarted(id: number): boolean {
    return isClaimed(this.claims, id);
  }

  /** Takes an exchange back.
   *
   * @param id its number on the wire
   * @param batch the last one in which the worker may find it
   * @returns false when the worker has started it */
  takeBack(id: number, batch: number): boolean {
    if (!revoke(this.claims, id)) return false;
    this.#quarantine.push({ slot: slotOf(id), batch });
    return true;
  }

  /** Frees the slot of an exchange that is over, started or not.
   *
   * @param id its number on the wire
   * @param batch the last one in which the worker may find it */
  release(id: number, batch: number): void {
    if (!this.takeBack(id, batch)) this.#free.push(slotOf(id));
  }

  /** Frees the slots of exchanges that were taken back in batches that the worker has handled.
   *
   * @param batch the last of them */
  handled(batch: number): void {
    if (this.#quarantine.length === 0) return;
    for (const entry of this.#quarantine) if (entry.batch <= batch) this.#free.push(entry.slot);
    this.#quarantine = this.#quarantine.filter((entry) => entry.batch > batch);
  }
}
