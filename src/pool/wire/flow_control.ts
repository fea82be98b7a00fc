// How much may be on its way between two threads? Whoever receives content grants octets; whoever sends
// waits when the grant is used up. So a reader that stops reading stops the writer, and at most one
// window of each stream is ever in memory.

/** Octets of one stream that may be on their way. With a quarter of it the threads wait for each other,
 * and a gigabyte takes twice as long. */
export const CREDIT = 1024 * 1024;

/** The sender's side. What is granted is said as a sum, so that it may be said in two ways: a thread that
 * is blocked hears of it through shared memory, and of the same again by message when it comes round. */
export class SendCredit {
  #sent = 0;
  #limit: number;
  #waiting: PromiseWithResolvers<void> | undefined;
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
   * @returns nothing when it may */
  wait(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.open) return undefined;
    return (this.#waiting ??= Promise.withResolvers<void>()).promise;
  }

  /** Lets so many octets be sent in all. */
  raise(limit: number): void {
    this.#limit = Math.max(this.#limit, limit);
    if (!this.open) return;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** Ends the stream: whoever waits, now or later, fails. */
  fail(reason: unknown): void {
    this.#failure ??= reason ?? new DOMException("The stream was ended", "AbortError");
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

/** The receiver's side: says when it is time to grant more. */
export class ReceiveCredit {
  #taken = 0;
  #sum = 0;

  /** Octets that the sender may have sent in all. */
  get limit(): number {
    return this.#sum + CREDIT;
  }

  /** Notes that octets were taken.
   *
   * @returns how many to grant now; none until half a window has been taken */
  took(octets: number): number {
    this.#sum += octets;
    this.#taken += octets;
    if (this.#taken < CREDIT / 2) return 0;
    const granted = this.#taken;
    this.#taken = 0;
    return granted;
  }

  /** Whether a sender that has sent so many octets is worth waking. */
  eased(sent: number): boolean {
    return sent - this.#sum <= CREDIT / 2;
  }
}
