// Finds the worker that takes too much memory while it computes. A worker watches itself while its event loop
// turns (threads/memory_watch.ts). While it computes, only the memory of the whole process can be seen.

import { memoryOfOthers } from "../threads/process_memory.ts";
import type { PoolWorker } from "./pool_worker.ts";

/** Milliseconds away from its event loop after which a worker counts as one that computes. */
const AWAY = 100;
const MiB = 1024 * 1024;

/** Compares the growth of the process with what workers may take. */
export class MemoryGuard {
  readonly #limit: number;
  /** The memory of the process when each worker was last seen to turn. */
  readonly #memoryAtTurn = new WeakMap<PoolWorker, number>();

  /** @param limit octets that a worker may take */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Looks for a worker to end: each that computes may take the limit; past the sum of that, the one that has
   * computed longest is taken to be the cause.
   *
   * @returns the worker, and what is said in the log */
  check(
    workers: Iterable<PoolWorker>,
    now: number,
  ): { worker: PoolWorker; detail: string } | undefined {
    if (this.#limit === Infinity) return undefined;
    const memory = memoryOfOthers();
    let computing = 0;
    let longest: PoolWorker | undefined;
    for (const worker of workers) {
      const away = worker.awayFor(now);
      if (worker.state === "starting" || away < AWAY) {
        this.#memoryAtTurn.set(worker, memory);
        continue;
      }
      computing++;
      if (longest === undefined || away > longest.awayFor(now)) longest = worker;
    }
    if (longest === undefined) return undefined;
    const growth = memory - (this.#memoryAtTurn.get(longest) ?? memory);
    if (growth <= this.#limit * computing) return undefined;
    const detail = `the process took ${Math.ceil(growth / MiB)} MiB more while it computed`;
    return { worker: longest, detail };
  }
}
