// Where time comes from. Deadlines ask this interface, so that a test can move time by hand.

/** A source of time that never runs backwards. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** Calls `callback` about every `interval` milliseconds until stopped. */
  every(interval: number, callback: () => void): { stop(): void };
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every(interval, callback) {
    const timer = setInterval(callback, interval);
    // A sweep alone is no reason to keep a process alive: the listener and the sockets are.
    Deno.unrefTimer(timer);
    return { stop: () => clearInterval(timer) };
  },
};

/** The time of one turn of the event loop: a dozen requests that arrive together arrive at one time. Asking
 * the clock for each of them takes as long as parsing them does. Not for what measures time itself. */
export class TurnTime {
  readonly #clock: Clock;
  #now: number | undefined;

  /** @param clock what is looked at, once a turn */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The clock's time, in milliseconds. */
  now(): number {
    if (this.#now === undefined) {
      this.#now = this.#clock.now();
      queueMicrotask(this.#expire); // behind whoever waits in the same turn
    }
    return this.#now;
  }

  readonly #expire = (): void => {
    this.#now = undefined;
  };
}
