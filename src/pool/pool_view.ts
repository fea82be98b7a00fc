// What is a pool doing now? Its numbers, put together when somebody asks.

import type { WorkerSet } from "./worker_set.ts";
import type { PoolContext } from "./pool_context.ts";
import type { PoolStats, WorkerStats } from "./pool_stats.ts";
import type { PoolWorker } from "./pool_worker.ts";

/** Describes a pool. */
export class PoolView {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;

  /** @param context what the pool's parts share
   * @param crew the workers */
  constructor(context: PoolContext, workerSet: WorkerSet) {
    this.#context = context;
    this.#workerSet = workerSet;
  }

  /** Workers that take exchanges and hold none. */
  get idle(): number {
    return this.#workerSet.count((worker) => worker.state === "ready" && worker.load === 0);
  }

  /** Workers that hold an exchange. */
  get busy(): number {
    return this.#workerSet.count((worker) => worker.load > 0);
  }

  /** What the pool has done and is doing.
   *
   * @param queued exchanges that wait for a worker */
  stats(queued: number): PoolStats {
    const { clock, counts, options, queueTime, runTime } = this.#context;
    const now = clock.now();
    return {
      kind: options.workerKind,
      ready: this.#workerSet.count((worker) => worker.state === "ready"),
      busy: this.busy,
      idle: this.idle,
      queued,
      ...counts,
      strayThreads: this.#workerSet.abandonedThreads,
      canKill: this.#context.canKill,
      queueTime: queueTime.view,
      runTime: runTime.view,
      workers: [...this.#workerSet.workers].map((worker) => this.#describe(worker, now)),
    };
  }

  #describe(worker: PoolWorker, now: number): WorkerStats {
    return {
      workerId: worker.id,
      state: worker.state,
      age: now - worker.since,
      exchanges: worker.exchanges,
      cpuTime: worker.cpuTime,
      work: [...worker.held].map((pooled) => ({
        requestId: pooled.exchange.requestId,
        method: pooled.exchange.head.method,
        target: pooled.exchange.head.target.raw,
        phase: pooled.headReceived ? "content" : "head",
        elapsed: now - pooled.handedOver,
      })),
    };
  }
}
