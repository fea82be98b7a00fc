// Counts the octets that leave the system's send queue while a write waits. It is given a look-up of the
// queue's length, which may take time and may not be possible.

import { then } from "../io/platform.ts";

/** Follows the send queue of one connection. */
export class Drainage {
  /** Octets that were seen to leave. */
  drained = 0;
  readonly #lookUp: () => Promise<number | undefined>;
  #sampledAt = -Infinity;
  /** The queue at the last sample; undefined before the first one. */
  #queue: number | undefined;
  /** Octets given to the system at the last sample. */
  #sent = -1;

  /** @param lookUp gives the length of the queue, or undefined when it is not known */
  constructor(lookUp: () => Promise<number | undefined>) {
    this.#lookUp = lookUp;
  }

  /** Looks at the queue, if the last look is long enough ago.
   *
   * @param now the time
   * @param interval shortest time between two looks
   * @param sent octets given to the system so far */
  sample(now: number, interval: number, sent: number): void {
    if (now - this.#sampledAt < interval) return;
    this.#sampledAt = now;
    void then(this.#lookUp(), (queue) => this.#compare(queue, sent), () => {});
  }

  #compare(queue: number | undefined, sent: number): void {
    const before = this.#queue;
    // Octets that were added in the meantime would hide those that have left.
    if (queue !== undefined && before !== undefined && sent === this.#sent && queue < before) {
      this.drained += before - queue;
    }
    this.#queue = queue;
    this.#sent = sent;
  }
}
