// Holds exchanges that are to be refused for lack of room. A client on a kept connection asks again as soon
// as it has its 503, and a few thousand such clients would leave the main thread no time for anything but
// refusals. So few of them are refused in each sweep: each client about once in two seconds.

import { ExchangeQueue } from "./exchange_queue.ts";

/** Refusals in one sweep at least: 200 a second cost next to nothing. */
const LEAST = 10;
/** Milliseconds in which each exchange is refused, less where `queueTimeout` is less. Many refusals in one sweep
 * would let the workers wait for work meanwhile. */
const LONGEST_WAIT = 2_000;
/** The pool's sweep, in milliseconds. */
const SWEEP_INTERVAL = 50;

/** Exchanges that are to be refused, the oldest first. */
export class PacedRefusals<T> implements Iterable<T> {
  readonly #held = new ExchangeQueue<T>();
  /** Refusals that are left until the next sweep. */
  #left = LEAST;
  readonly #sweeps: number;

  /** @param queueTimeout longest wait for a worker, in milliseconds */
  constructor(queueTimeout: number) {
    this.#sweeps = Math.ceil(Math.min(LONGEST_WAIT, queueTimeout) / SWEEP_INTERVAL);
  }

  /** How many wait for their refusal. */
  get size(): number {
    return this.#held.size;
  }

  /** Takes one of the refusals that are left until the next sweep.
   *
   * @returns false when none is left */
  takeOne(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  /** Holds an exchange until it is due. */
  add(exchange: T): void {
    this.#held.add(exchange);
  }

  /** Takes the exchange that has waited longest. */
  take(): T | undefined {
    return this.#held.take();
  }

  /** Takes an exchange out of turn.
   *
   * @returns whether it was there */
  remove(exchange: T): boolean {
    return this.#held.remove(exchange);
  }

  /** Takes those that are to be refused in this sweep. */
  *takeDue(): Iterable<T> {
    this.#left = Math.max(LEAST, Math.ceil(this.size / this.#sweeps));
    while (this.size > 0 && this.takeOne()) yield this.#held.take()!;
    this.#left = Math.min(this.#left, LEAST);
  }

  /** Iterates over them in order, as they are now. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#held[Symbol.iterator]();
  }
}
