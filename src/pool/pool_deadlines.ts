// Keeps the deadlines of a pool: for the queue, for responses, for loading the application, and for idle
// and old workers. One sweep checks them all, so a deadline is late by up to one interval and never early.

import type { WorkerSet } from "./worker_set.ts";
import type { Scheduler } from "./scheduler.ts";
import type { PoolContext } from "./pool_context.ts";
import type { PoolWorker } from "./pool_worker.ts";
import type { PooledExchange } from "./pooled_exchange.ts";
import type { WorkerRecycling } from "./worker_recycling.ts";

/** How long a handler may take to respond after its signal has aborted. */
const GRACE = 100;
/** How often deadlines are checked. */
const SWEEP_INTERVAL = 50;

/** Keeps the deadlines of a pool. */
export class PoolDeadlines {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;
  readonly #scheduler: Scheduler;
  readonly #recycling: WorkerRecycling;
  #timer: { stop(): void } | undefined;

  /** @param context what the pool's parts share
   * @param workerSet the workers
   * @param scheduler has the exchanges that wait
   * @param recycling replaces old workers and retires idle ones */
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

  /** Starts the sweep. */
  start(): void {
    this.#timer = this.#context.clock.every(SWEEP_INTERVAL, () => this.#sweep());
  }

  /** Ends the sweep. */
  stop(): void {
    this.#timer?.stop();
  }

  #sweep(): void {
    const now = this.#context.clock.now();
    this.#scheduler.rejectLate(now);
    this.#scheduler.freeWaitingPlaces(now);
    for (const worker of this.#workerSet.workers) {
      this.#sweepExchanges(worker, now);
      this.#workerSet.retireLateStarter(worker, now);
      this.#recycling.recycleByAge(worker, now);
      if (this.#context.state === "stopping" && worker.canBeKilled(now, GRACE)) {
        void this.#workerSet.kill(worker);
      }
    }
    this.#workerSet.scale();
  }

  #sweepExchanges(worker: PoolWorker, now: number): void {
    const { handlerTimeout, responseTimeout } = this.#context.options;
    const loopTurns = worker.allAcknowledged;
    for (const pooled of worker.held) {
      if (pooled.isOver) continue; // its application still reads content
      const elapsed = pooled.handlerTime(now);
      const late = elapsed >= responseTimeout ||
        (!pooled.headReceived && elapsed >= handlerTimeout);
      if (!late) continue;
      if (pooled.abortedAt === undefined) {
        pooled.abortedAt = now;
        worker.cancel(pooled, "The handler's time is over");
      } else if (now - pooled.abortedAt >= GRACE) {
        this.#expire(pooled);
        // A kill ends its other exchanges too, except those that it has not started.
        if (!loopTurns) return this.#kill(worker);
        this.#retire(worker);
      }
    }
  }

  /** A handler has not responded although its signal has aborted. */
  #expire(pooled: PooledExchange): void {
    pooled.exchange.report("error", "handler-timeout", "Handler did not respond in time");
    pooled.fail(504, new DOMException("The handler did not respond in time", "TimeoutError"));
  }

  #kill(worker: PoolWorker): void {
    this.#context.counts.killedWorkers++;
    void this.#workerSet.kill(worker);
  }

  /** Replaces a worker whose event loop turns: its other exchanges can finish first. */
  #retire(worker: PoolWorker): void {
    if (worker.state !== "ready") return;
    this.#context.counts.killedWorkers++;
    worker.retire();
    this.#workerSet.scale();
  }
}
