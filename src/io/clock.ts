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
