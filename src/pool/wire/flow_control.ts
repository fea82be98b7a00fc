// Bounds the content on its way between two threads. The receiver grants credit in octets, and the sender
// waits when it is used up. So a reader that stops reading stops the writer, and at most one `CREDIT` of
// each stream is in memory.

import { DOMException, Promise } from "../../io/platform.ts";

/** Octets of one stream that may be on their way. With a quarter of it the threads wait for each other,
 * and a gigabyte takes twice as long. */
export const CREDIT = 1024 * 1024;

/** The sender's side. A grant is the sum of all octets that may be sent, so that it may come twice: a
 * thread that is blocked gets it as a reply, and again as a message when it returns to its event loop. */
export class SendCredit {
  #sent = 0;
  #limit: number;
  #waiter: PromiseWithResolvers<void> | undefined;
  #failure: unknown;

  /** @param limit octets that may be sent at first */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Octets that were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether more may be sent. */
  get open(): boolean {
    return this.#sent < this.#limit;
  }

  /** Notes that octets were sent; a piece may pass the limit. */
  spend(octets: number): void {
    this.#sent += octets;
  }

  /** Waits until more may be sent.
   *
   * @returns undefined when it may be sent now */
  wait(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.open) return undefined;
    return (this.#waiter ??= Promise.withResolvers<void>()).promise;
  }

  /** Lets so many octets be sent in all. */
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

/** The receiver's side: decides when to grant more. */
export class ReceiveCredit {
  #ungranted = 0;
  #total = 0;

  /** Octets that the sender may have sent in all. */
  get limit(): number {
    return this.#total + CREDIT;
  }

  /** Notes that octets were taken.
   *
   * @returns how many to grant now; 0 until half the credit has been taken */
  take(octets: number): number {
    this.#total += octets;
    this.#ungranted += octets;
    if (this.#ungranted < CREDIT / 2) return 0;
    const granted = this.#ungranted;
    this.#ungranted = 0;
    return granted;
  }

  /** Whether a sender that has sent so many octets is worth waking. */
  hasRoomAfter(sent: number): boolean {
    return sent - this.#total <= CREDIT / 2;
  }
}
