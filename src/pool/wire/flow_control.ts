// Bounds the content on its way between two threads. The receiver grants credit for what pieces cost in
// memory, and the sender waits when it is used up. So a reader that stops reading stops the writer, and at
// most one `CREDIT` of each stream is in memory.

import { DOMException, Promise } from "../../io/platform.ts";

/** What may be on its way of one stream at most. With a quarter of it the threads wait for each other, and a
 * gigabyte takes twice as long. */
export const CREDIT = 1024 * 1024;

/** What may be on its way of a stream at first: there may be thousands, and most are short. */
export const FIRST_CREDIT = 64 * 1024;

/** A stream has all of the credit when so many times that has been taken. The system takes 2 to 4 MiB of a
 * response although its client reads nothing; a stream has a half of the credit at most by then. */
const GROWTH_DIVISOR = 8;

/** What a piece costs beside its octets: the objects that hold it, and the message that carries it. */
const PIECE_COST = 512;

/** What a piece of so many octets costs in memory. */
export function costOf(octets: number): number {
  return octets + PIECE_COST;
}

/** The sender's side. A grant is the sum of all that may be sent, so that it may come twice: a
 * thread that is blocked gets it as a reply, and again as a message when it returns to its event loop. */
export class SendCredit {
  #sent = 0;
  #limit: number;
  #waiter: PromiseWithResolvers<void> | undefined;
  #failure: unknown;

  /** @param limit what may be sent at first */
  constructor(limit: number = FIRST_CREDIT) {
    this.#limit = limit;
  }

  /** What was sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether more may be sent. */
  get open(): boolean {
    return this.#sent < this.#limit;
  }

  /** Notes that a piece was sent, which may pass the limit.
   *
   * @param cost what it costs */
  spend(cost: number): void {
    this.#sent += cost;
  }

  /** Waits until more may be sent.
   *
   * @returns undefined when it may be sent now */
  wait(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.open) return undefined;
    return (this.#waiter ??= Promise.withResolvers<void>()).promise;
  }

  /** Lets so much be sent in all. */
  raise(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
    if (!this.open) return;
    this.#waiter?.resolve();
    this.#waiter = undefined;
  }

  /** Ends the stream: every wait fails, now and later. */
  fail(reason: unknown): void {
    this.#failure ??= reason ?? new DOMException("The stream was ended", "AbortError");
    this.#waiter?.reject(this.#failure);
    this.#waiter = undefined;
  }
}

/** The receiver's side: decides when to grant more. The credit begins small and grows with what is taken. */
export class ReceiveCredit {
  #size = FIRST_CREDIT;
  #received = 0;
  #taken = 0;
  #granted = FIRST_CREDIT;

  /** What the sender may have sent in all. */
  get limit(): number {
    return this.#taken + this.#size;
  }

  /** Notes that a piece has come.
   *
   * @param cost what it costs
   * @throws {RangeError} when its sender has sent far more than it may */
  receive(cost: number): void {
    if (this.#received - this.#taken > 2 * CREDIT) {
      throw new RangeError("Cannot take piece: its sender does not wait for credit");
    }
    this.#received += cost;
  }

  /** Notes that a piece was taken.
   *
   * @param cost what it costs
   * @returns how much to grant now; 0 while more than half the credit is left */
  take(cost: number): number {
    this.#taken += cost;
    this.#size = Math.min(CREDIT, this.#size + Math.ceil(cost / GROWTH_DIVISOR));
    const more = this.limit - this.#granted;
    if (more < this.#size / 2) return 0;
    this.#granted += more;
    return more;
  }

  /** Makes the credit as small as at first: the receiver waits for a slow client, and more on its way would
   * only take memory. What is granted already stays so. */
  shrink(): void {
    this.#size = FIRST_CREDIT;
  }

  /** Whether a sender that has sent so much is worth waking. */
  hasRoomAfter(sent: number): boolean {
    return sent - this.#taken <= this.#size / 2;
  }
}
