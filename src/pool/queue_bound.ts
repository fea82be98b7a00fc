// Computes how many exchanges may wait for a worker: `queueSize` where it is given; else its default, and
// beyond that as many as can be handed over within `queueTimeout` at the rate of the last seconds. Arithmetic
// only: it knows neither a clock nor the queue.

/** Milliseconds after which what was seen counts less than half: workers that all start a slow handler at
 * the same time are free again at the same time. */
const MEMORY = 5_000;

/** Milliseconds with exchanges that wait before the rate counts as known: the first turns of a burst are taken
 * up by reading it. */
const SETTLED = 500;

/** What the bound depends on. */
export interface QueueBoundOptions {
  readonly queueSize: number;
  readonly queueGrows: boolean;
  readonly queueTimeout: number;
}

/** The bound of one queue. */
export class QueueBound {
  /** Whether more than `queueSize` may wait. */
  readonly grows: boolean;
  readonly #least: number;
  readonly #timeout: number;
  #size: number;
  #updated: number | undefined;
  #handedOver = 0;
  /** Hand-overs while exchanges waited, and the milliseconds of that; both fade. The time in which nothing
   * waits says how much was wanted and not how much can be served. */
  #recent = 0;
  #busyTime = 0;

  /** @param options the bounds */
  constructor({ queueSize, queueGrows, queueTimeout }: QueueBoundOptions) {
    this.#least = this.#size = queueSize;
    this.grows = queueGrows && queueTimeout !== Infinity;
    this.#timeout = queueTimeout;
  }

  /** How many may wait now. */
  get size(): number {
    return this.#size;
  }

  /** Whether one more may wait.
   *
   * @param waiting how many wait */
  allows(waiting: number): boolean {
    return waiting < this.#size;
  }

  /** Whether those are to be refused that it does not allow. */
  get judges(): boolean {
    return !this.grows || this.#busyTime >= SETTLED;
  }

  /** Notes what was handed over since the last update.
   *
   * @param now the time in milliseconds
   * @param handedOver exchanges that were handed over so far
   * @param waiting whether any waits now */
  update(now: number, handedOver: number, waiting: boolean): void {
    if (!this.grows) return;
    const elapsed = now - (this.#updated ?? now);
    const fading = Math.exp(-elapsed / MEMORY);
    this.#recent *= fading;
    this.#busyTime *= fading;
    if (waiting) {
      this.#recent += handedOver - this.#handedOver;
      this.#busyTime += elapsed;
    }
    this.#updated = now;
    this.#handedOver = handedOver;
    if (this.#busyTime === 0) return;
    const inTime = Math.floor(this.#recent / this.#busyTime * this.#timeout);
    this.#size = Math.max(this.#least, inTime);
  }
}
