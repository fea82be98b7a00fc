// ManualClock, a `Clock` that stands still until the test advances it. For everything with a deadline.

import type { Clock } from "../../src/io/clock.ts";

interface Ticker {
  readonly interval: number;
  readonly callback: () => void;
  due: number;
}

/** A clock that is advanced by hand. */
export class ManualClock implements Clock {
  #now: number;
  readonly #tickers = new Set<Ticker>();

  /** @param now where time begins, in milliseconds */
  constructor(now = 1_000_000) {
    this.#now = now;
  }

  /** Number of intervals that are running: 0 after a complete cleanup. */
  get running(): number {
    return this.#tickers.size;
  }

  now(): number {
    return this.#now;
  }

  every(interval: number, callback: () => void): { stop(): void } {
    if (!(interval > 0)) throw new RangeError(`Cannot tick: interval must be > 0, got ${interval}`);
    const ticker = { interval, callback, due: this.#now + interval };
    this.#tickers.add(ticker);
    return { stop: () => void this.#tickers.delete(ticker) };
  }

  /** Moves time forward and calls back the intervals that become due, in order of time.
   *
   * @param duration milliseconds */
  advance(duration: number): void {
    const end = this.#now + duration;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.due;
      next.due += next.interval;
      next.callback();
    }
    this.#now = end;
  }

  /** Moves time forward as in a process that did not run: each interval that is due calls back once, at the end.
   *
   * @param duration milliseconds */
  suspend(duration: number): void {
    this.#now += duration;
    for (const ticker of [...this.#tickers].filter(({ due }) => due <= this.#now)) {
      ticker.due = this.#now + ticker.interval;
      ticker.callback();
    }
  }

  #next(end: number): Ticker | undefined {
    let next: Ticker | undefined;
    for (const ticker of this.#tickers) {
      if (ticker.due <= end && (next === undefined || ticker.due < next.due)) next = ticker;
    }
    return next;
  }
}
