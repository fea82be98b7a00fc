// What in a pool has taken too long? Waiting for a worker, answering, loading the application, being
// idle, living. One tick looks at all of it, and a deadline is late by up to a tick and never early.

import type { WorkerSet } from "./worker_set.ts";
import type { Scheduler } from "./scheduler.ts";
import type { PoolContext } from "./pool_context.ts";
import type { PoolWorker } from "./pool_worker.ts";
import type { PooledExchange } from "./pooled_exchange.ts";
import type { WorkerRecycling } from "./worker_recycling.ts";

/** How long a handler may take to answer after it was told that its time is over. */
const GRACE = 100;
/** How often deadlines of workers and of the queue are looked at. */
const TICK = 50;

/** Keeps the deadlines of a pool. */
export class PoolDeadlines {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;
  readonly #scheduler: Scheduler;
  readonly #recycling: WorkerRecycling;
  #tick: { stop(): void } | undefined;

  /** @param context what the pool's parts share
   * @param crew the workers
   * @param dispatcher the exchanges that wait
   * @param turnover who lets workers go that are old or idle */
  constructor(
    context: PoolContext,
    workerSet: WorkerSet,
    scheduler: Scheduler,
    recycling: WorkerRecycling,
  ) {
    this.#context = context;
    this.#workerSet = workerSet;
    this.#scheduler = scheduler;
    this.#recycling = recycling;
  }

  /** Begins to look. */
  start(): void {
    this.#tick = this.#context.clock.every(TICK, () => this.#look());
  }

  /** Looks no more. */
  stop(): void {
    this.#tick?.stop();
  }

  /** Looks at everything that has a deadline. */
  #look(): void {
    const now = this.#context.clock.now();
    this.#scheduler.refuseLate(now);
    for (const worker of this.#workerSet.workers) {
      this.#lookAtExchanges(worker, now);
      this.#workerSet.giveUpLate(worker, now);
      this.#recycling.lookAtAge(worker, now);
      if (this.#context.state === "stopping" && worker.canBeKilled(now, GRACE)) {
        void this.#workerSet.kill(worker);
      }
    }
    this.#workerSet.scale();
  }

  #lookAtExchanges(worker: PoolWorker, now: number): void {
    const { handlerTimeout, responseTimeout } = this.#context.options;
    const turns = worker.allAcknowledged;
    for (const pooled of worker.held) {
      const elapsed = now - pooled.handedOver;
      const late = elapsed >= responseTimeout ||
        (!pooled.headReceived && elapsed >= handlerTimeout);
      if (!late) continue;
      if (pooled.abortedAt === undefined) {
        pooled.abortedAt = now;
        worker.cancel(pooled, "The handler's time is over");
      } else if (now - pooled.abortedAt >= GRACE) {
        this.#expire(pooled);
        // Its end is that of the others too, but for those that it has not started.
        if (!turns) return this.#kill(worker);
        this.#retire(worker);
      }
    }
  }

  /** A handler did not come back although it was told. */
  #expire(pooled: PooledExchange): void {
    pooled.exchange.report("error", "handler-timeout", "Handler did not answer in time");
    pooled.fail(504, new DOMException("The handler did not answer in time", "TimeoutError"));
  }

  #kill(worker: PoolWorker): void {
    this.#context.counts.killedWorkers++;
    void this.#workerSet.kill(worker);
  }

  /** Its event loop turns: the others that it holds can finish, and it goes then. */
  #retire(worker: PoolWorker): void {
    if (worker.state !== "ready") return;
    this.#context.counts.killedWorkers++;
    worker.retire();
    this.#workerSet.scale();
  }
}
