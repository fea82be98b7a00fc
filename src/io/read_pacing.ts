// Lets connections read in turn while more of them are busy than the platform serves fairly. Deno completes
// at most 128 operations before it looks at sockets again (the budget of a task in Tokio, its runtime), but
// polls all that are ready, and those left out may be left out again. With some hundreds of busy connections a
// few would be served at once and others after seconds; with thousands most of the time would go into polls
// that complete nothing. So no more reads begin than complete soon; how many those are is found by trying.

import { setTimeout } from "./platform.ts";

/** Reads under way up to which none waits: together with the writes they fit into the budget. */
const FREE_READS = 120;
/** Reads of a batch at least, and at first. */
const SMALLEST_BATCH = 32;
const FIRST_BATCH = 64;
/** Milliseconds from one batch to the next, about; the shortest timer takes so long. */
const BATCH_TIME = 2;
/** The part of a batch that may be incomplete when the next one is due: clients that pause. */
const MOST_INCOMPLETE = 0.02;

/** The time and the timers that batches follow. */
export interface PacingClock {
  /** Milliseconds since a fixed moment. */
  now(): number;
  /** Calls `callback` when the next batch is due. */
  later(callback: () => void): void;
}

/** Lets reads begin in batches. */
export class ReadPacing {
  readonly #clock: PacingClock;
  /** What begins the reads that wait, the oldest first. */
  #waiting: ((batch: number) => void)[] = [];
  #underWay = 0;
  /** Reads of a batch. */
  #size = FIRST_BATCH;
  /** Reads that have begun in the present batch, and when it began. */
  #begun = 0;
  #since = -Infinity;
  /** Whether the present batch is full. */
  #full = false;
  /** Number of the batch of reads that had waited, how many it had, and how many of them have ended. */
  #batch = 0;
  #due = 0;
  #ended = 0;

  /** @param clock when batches are due */
  constructor(clock: PacingClock) {
    this.#clock = clock;
  }

  /** Whether a read may begin now. If not, it has to {@linkcode wait}. */
  admits(): boolean {
    if (this.#full) return false;
    if (this.#underWay < FREE_READS || ++this.#begun < this.#size) return true;
    const now = this.#clock.now();
    if (now - this.#since < BATCH_TIME) this.#fill(now);
    else {
      this.#since = now;
      this.#begun = 1;
    }
    return true;
  }

  /** Puts a read behind those that wait.
   *
   * @param begin begins it; is given the number for {@linkcode end} */
  wait(begin: (batch: number) => void): void {
    this.#waiting.push(begin);
  }

  /** Notes that a read begins. */
  begin(): void {
    this.#underWay++;
  }

  /** Notes that a read has ended.
   *
   * @param batch what it was given when it began; 0 if it had not to wait */
  end(batch: number): void {
    this.#underWay--;
    if (batch === this.#batch) this.#ended++;
  }

  #fill(now: number): void {
    this.#full = true;
    this.#since = now;
    this.#clock.later(this.#next);
  }

  readonly #next = (): void => {
    this.#adapt();
    const due = this.#waiting.splice(0, this.#size);
    this.#begun = this.#due = due.length;
    this.#ended = 0;
    this.#batch++;
    this.#full = false;
    const now = this.#clock.now();
    if (this.#waiting.length > 0) this.#fill(now);
    else this.#since = now;
    for (const begin of due) begin(this.#batch);
  };

  /** Reads that had waited have most likely something to read. So a batch of which some are not complete was
   * too large, and one that is complete too small: the reads behind it wait for nothing. */
  #adapt(): void {
    if (this.#due === 0) return;
    if (this.#due - this.#ended <= this.#due * MOST_INCOMPLETE) this.#size += 2;
    else if (this.#due >= SMALLEST_BATCH) {
      this.#size = Math.max(SMALLEST_BATCH, Math.floor(this.#size * 0.9));
    }
  }
}

/** The pacing of all connections of this thread. */
export const readPacing: ReadPacing = new ReadPacing({
  now: () => performance.now(),
  later: (callback) => void setTimeout(callback, 0),
});
