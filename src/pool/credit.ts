// How much may be on its way between two threads? Whoever receives content grants octets; whoever sends
// waits when the grant is used up. So a reader that stops reading stops the writer, and at most one
// window of each stream is ever in memory.

/** Octets of one stream that may be on their way. With a quarter of it the threads wait for each other,
 * and a gigabyte takes twice as long. */
export const WINDOW = 1024 * 1024;

/** The sender's side of a grant. */
export class Credit {
  #left: number;
  #waiting: PromiseWithResolvers<void> | undefined;
  #failure: unknown;

  /** @param granted octets that may be sent at once */
  constructor(granted: number) {
    this.#left = granted;
  }

  /** Uses some of the grant; a piece may pass its end.
   *
   * @returns nothing when there is some left, else a promise of more */
  use(octets: number): Promise<void> | undefined {
    this.#left -= octets;
    return this.wait();
  }

  /** Waits until some is left.
   *
   * @returns nothing when there is */
  wait(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#left > 0) return undefined;
    return (this.#waiting ??= Promise.withResolvers<void>()).promise;
  }

  /** Adds to the grant. */
  grant(octets: number): void {
    this.#left += octets;
    if (this.#left <= 0) return;
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
export class Grant {
  #taken = 0;

  /** Notes that octets were taken.
   *
   * @returns how many to grant now; none until half a window has been taken */
  took(octets: number): number {
    this.#taken += octets;
    if (this.#taken < WINDOW / 2) return 0;
    const granted = this.#taken;
    this.#taken = 0;
    return granted;
  }
}
