// The source of time. Deadlines use this interface, so that a test can move time by hand.

import { clearInterval, queueMicrotask, setInterval } from "./platform.ts";

/** A source of time that never runs backwards. */
export interface Clock {
  /** Milliseconds since a fixed moment. */
  now(): number;
  /** Calls `callback` about every `interval` milliseconds until stopped. */
  every(interval: number, callback: () => void): { stop(): void };
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every(interval, callback) {
    const timer = setInterval(callback, interval);
    // A sweep alone must not keep the process alive; the listener and the sockets do.
    Deno.unrefTimer(timer);
    return { stop: () => clearInterval(timer) };
  },
};

/** The time of the current turn of the event loop: requests that arrive together have the same time.
 * Reading the clock for each of them would take as long as parsing them. Not for measuring durations. */
export class TurnTime {
  readonly #clock: Clock;
  #now: number | undefined;

  /** @param clock read at most once a turn */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The clock's time, in milliseconds. */
  now(): number {
    if (this.#now === undefined) {
      this.#now = this.#clock.now();
      queueMicrotask(this.#expire); // after the microtasks that already wait in this turn
    }
    return this.#now;
  }

  readonly #expire = (): void => {
    this.#now = undefined;
  };
}
