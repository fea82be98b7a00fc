// Counts durations by powers of two of a millisecond, so that no single duration is kept.

/** Upper bounds in milliseconds; the last bucket has no bound. */
const BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

/** Counts of durations. */
export interface HistogramView {
  /** Upper bound of each bucket in milliseconds; the last is `Infinity`. */
  readonly bounds: readonly number[];
  /** Durations in each bucket. */
  readonly counts: readonly number[];
  /** All durations. */
  readonly count: number;
  /** Their sum in milliseconds. */
  readonly sum: number;
}

/** Collects durations. */
export class Histogram {
  #counts = new Array<number>(BOUNDS.length + 1).fill(0);
  #count = 0;
  #sum = 0;

  /** Adds a duration in milliseconds. */
  add(duration: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && duration > BOUNDS[bucket]) bucket++;
    this.#counts[bucket]++;
    this.#count++;
    this.#sum += duration;
  }

  /** Counts from nothing again. */
  clear(): void {
    this.#counts.fill(0);
    this.#count = this.#sum = 0;
  }

  /** A copy of what was collected. */
  get view(): HistogramView {
    return {
      bounds: [...BOUNDS, Infinity],
      counts: [...this.#counts],
      count: this.#count,
      sum: this.#sum,
    };
  }
}
