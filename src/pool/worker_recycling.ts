// Replaces and retires workers: by `grow`, `shrink` and `reload`, and when a worker is old, has had enough
// exchanges, or has long been idle. A worker that is replaced continues until its replacement is ready.

import { caught, Promise, then } from "../io/platform.ts";
import type { WorkerSet } from "./worker_set.ts";
import type { PoolContext } from "./pool_context.ts";
import type { PoolWorker } from "./pool_worker.ts";

/** Changes the workers of a pool. */
export class WorkerRecycling {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;
  /** The last reload; they run one after the other. */
  #reloading: Promise<void> = Promise.resolve();

  /** @param context what the pool's parts share
   * @param workerSet the workers */
  constructor(context: PoolContext, workerSet: WorkerSet) {
    this.#context = context;
    this.#workerSet = workerSet;
  }

  /** Starts more workers, up to `maxWorkers`, and keeps so many from now on. */
  async grow(count: number): Promise<void> {
    this.#context.expectRunning("grow");
    const workerSet = this.#workerSet;
    const { maxWorkers } = this.#context.options;
    const added = Math.max(0, Math.min(count, maxWorkers - workerSet.liveCount));
    workerSet.minWorkers = Math.min(maxWorkers, workerSet.minWorkers + count);
    await workerSet.boot(added);
  }

  /** Retires the least loaded workers, and keeps so many fewer from now on. */
  shrink(count: number): void {
    const workerSet = this.#workerSet;
    workerSet.minWorkers = Math.max(1, workerSet.minWorkers - count);
    const ready = [...workerSet.workers].filter((worker) => worker.state === "ready");
    ready.sort((a, b) => a.load - b.load);
    for (const worker of ready.slice(0, Math.min(count, ready.length - 1))) worker.retire();
  }

  /** Starts new workers, which load the application afresh; when all are ready, the old ones retire. */
  reload(): Promise<void> {
    const reloaded = then(this.#reloading, async () => await this.#reload());
    this.#reloading = caught(reloaded, () => {}); // the next reload starts all the same
    return reloaded;
  }

  async #reload(): Promise<void> {
    this.#context.expectRunning("reload");
    const workerSet = this.#workerSet;
    const old = [...workerSet.workers].filter((worker) => worker.state !== "retiring");
    await workerSet.boot(Math.max(workerSet.minWorkers, 1));
    for (const worker of old) worker.retire();
  }

  /** Replaces a worker, which continues until its replacement is ready. */
  recycle(worker: PoolWorker): void {
    if (worker.recycled || this.#workerSet.backingOff) return;
    worker.recycled = true;
    then(this.#workerSet.boot(1), () => {
      this.#context.counts.recycledWorkers++;
      worker.retire();
    }, (error) => {
      worker.recycled = false; // an old worker is better than no worker, and there will be another try
      // A reload ends replacements that are loading, and has started others.
      if (this.#context.state !== "running" || worker.state !== "ready") return;
      const message =
        `Worker ${worker.id} continues: its replacement could not load the application`;
      this.#context.log("error", "application-failed", message, error);
    });
  }

  /** Replaces a worker that is too old and retires one that has been idle for too long. */
  recycleByAge(worker: PoolWorker, now: number): void {
    if (worker.state !== "ready") return;
    const { maxWorkerAge, workerIdleTimeout } = this.#context.options;
    if (now - worker.since >= maxWorkerAge) return this.recycle(worker);
    if (worker.load > 0) worker.lastBusy = now;
    if (now - worker.lastBusy < workerIdleTimeout) return;
    if (this.#workerSet.liveCount > this.#workerSet.minWorkers) worker.retire();
  }
}
