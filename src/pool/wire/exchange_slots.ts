// Which places of a worker are free? Each exchange that it holds has one: a word of the memory that says
// who has the exchange (claims.ts), and a part of the exchange's number on the wire. A place that was
// taken back is not free at once: the worker still has to pass over what stood there.

import { createClaims, MAX_HELD, offer, placeOf, revoke } from "./claims.ts";

/** The places of one worker. */
export class ExchangeSlots {
  /** The memory that both sides see. */
  readonly claims = createClaims();
  readonly #free: number[] = [];
  /** Places that were taken back, each with the batch behind which it is free. */
  #quarantine: { readonly place: number; readonly batch: number }[] = [];
  #serial = 0;

  /** @param count how many there are; at most `MAX_HELD` are used */
  constructor(count: number) {
    for (let place = Math.min(count, MAX_HELD); place-- > 0;) this.#free.push(place);
  }

  /** Whether another exchange finds a place. */
  get room(): boolean {
    return this.#free.length > 0;
  }

  /** Offers an exchange to the worker; there must be room.
   *
   * @returns the exchange's number on the wire, which is never used twice */
  offer(): number {
    const id = ++this.#serial * MAX_HELD + this.#free.pop()!;
    offer(this.claims, id);
    return id;
  }

  /** Takes an exchange back.
   *
   * @param id its number on the wire
   * @param batch the last one in which the worker may find it
   * @returns false when the worker has started it */
  takeBack(id: number, batch: number): boolean {
    if (!revoke(this.claims, id)) return false;
    this.#quarantine.push({ place: placeOf(id), batch });
    return true;
  }

  /** Frees the place of an exchange that is over, started or not.
   *
   * @param id its number on the wire
   * @param batch the last one in which the worker may find it */
  release(id: number, batch: number): void {
    if (!this.takeBack(id, batch)) this.#free.push(placeOf(id));
  }

  /** Frees what was taken back of batches that the worker has handled.
   *
   * @param batch the last of them */
  handled(batch: number): void {
    if (this.#quarantine.length === 0) return;
    for (const entry of this.#quarantine) if (entry.batch <= batch) this.#free.push(entry.place);
    this.#quarantine = this.#quarantine.filter((entry) => entry.batch > batch);
  }
}
