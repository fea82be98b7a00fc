// Spreads connections evenly over threads that accept on one socket: a thread that has more connections
// than another pauses before it accepts again, so that the other takes what has come. The threads know of
// each other only the numbers in a shared array.

import { Promise, setTimeout } from "../io/platform.ts";

/** Threads that can be told apart. */
const PLACES = 256;
/** Words of a thread: one more than its open connections, 0 while it does not accept; and how many it has
 * accepted. */
const STRIDE = 2;
const OPEN = 0;
const ACCEPTED = 1;

/** By how many connections a thread may be ahead: by some, and by a share of what another has. Where
 * connections are short, threads that watch each other more closely pause most of the time. */
const LEAD = 3;
const LEAD_SHARE = 1 / 4;

/** How long a thread that is ahead pauses, in milliseconds. */
const PAUSE = 1;
/** Pauses in which others accept nothing, after which they count as busy. On a machine without a free core
 * another thread may not run for some milliseconds. */
const VAIN_PAUSES = 4;

/** Makes the array that the threads share. */
export function createAcceptCounts(): Int32Array<SharedArrayBuffer> {
  const bytes = PLACES * STRIDE * Int32Array.BYTES_PER_ELEMENT;
  return new Int32Array(new SharedArrayBuffer(bytes));
}

/** One thread's view of the numbers. */
export class AcceptBalance {
  readonly #counts: Int32Array;
  readonly #place: number;

  /** @param counts the shared array
   * @param thread number of this thread */
  constructor(counts: Int32Array, thread: number) {
    this.#counts = counts;
    this.#place = placeOf(thread);
  }

  /** Notes how many connections the thread has. */
  note(open: number): void {
    Atomics.store(this.#counts, this.#place + OPEN, open + 1);
  }

  /** Notes that it has accepted one. */
  noteAccepted(): void {
    Atomics.add(this.#counts, this.#place + ACCEPTED, 1);
  }

  /** Notes that it accepts no more. */
  leave(): void {
    Atomics.store(this.#counts, this.#place + OPEN, 0);
  }

  /** Makes what is asked before each accept on one listening socket. It returns a promise of the end of a
   * pause if the thread is ahead. After that the thread accepts in any case, and it pauses no more until
   * others have accepted: they may be busy, and no client shall wait for them. */
  createPacer(): () => Promise<void> | undefined {
    let paused = false;
    let vainPauses = 0;
    let acceptedBefore = -1;
    return () => {
      if (paused) {
        paused = false;
        return undefined;
      }
      const accepted = this.#acceptedByThoseBehind();
      if (accepted === undefined) return undefined;
      if (accepted !== acceptedBefore) vainPauses = 0;
      else if (vainPauses === VAIN_PAUSES) return undefined;
      vainPauses++;
      acceptedBefore = accepted;
      paused = true;
      return new Promise((resolve) => setTimeout(resolve, PAUSE));
    };
  }

  /** How many connections those threads have ever accepted that have fewer now than this one; undefined if
   * there is no such thread. */
  #acceptedByThoseBehind(): number | undefined {
    const counts = this.#counts;
    const own = counts[this.#place + OPEN];
    let accepted: number | undefined;
    // Plain reads: `Atomics.load` of all places takes some microseconds, and older numbers do no harm.
    for (let place = 0; place < counts.length; place += STRIDE) {
      const open = counts[place + OPEN];
      if (open === 0 || open + LEAD + open * LEAD_SHARE >= own) continue;
      accepted = (accepted ?? 0) + counts[place + ACCEPTED];
    }
    return accepted;
  }
}

function placeOf(thread: number): number {
  return thread % PLACES * STRIDE;
}
