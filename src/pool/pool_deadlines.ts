// Keeps the deadlines of a pool: for the queue, for responses, for loading the application, and for idle
// and old workers. One sweep checks them all, so a deadline is late by up to one interval and never early.

import { DOMException } from "../io/platform.ts";
import type { WorkerSet } from "./worker_set.ts";
import type { Scheduler } from "./scheduler.ts";
import { MemoryGuard } from "./memory_guard.ts";
import type { PoolContext } from "./pool_context.ts";
import type { PoolWorker } from "./pool_worker.ts";
import type { PooledExchange } from "./pooled_exchange.ts";
import type { WorkerRecycling } from "./worker_recycling.ts";

/** How long a handler may take to respond after its signal has aborted. */
const GRACE = 100;
/** Milliseconds away from its event loop after which a worker of which a handler was late is killed. Longer
 * than `GRACE`: its other handlers may compute for a moment too. */
const KILL_AFTER = 2 * GRACE;
/** How often deadlines are checked. */
const SWEEP_INTERVAL = 50;

/** Keeps the deadlines of a pool. */
export class PoolDeadlines {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;
  readonly #scheduler: Scheduler;
  readonly #recycling: WorkerRecycling;
  readonly #memoryGuard: MemoryGuard;
  #timer: { stop(): void } | undefined;
  /** Whether an operator has ended an exchange that a worker holds. */
  #killing = false;

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
    const { maxWorkerHeap, workerKind } = context.options;
    // Processes of Python are not a part of this one.
    this.#memoryGuard = new MemoryGuard(workerKind === "killable" ? maxWorkerHeap : Infinity);
  }

  /** Ends an exchange that a worker holds, as if its time were over.
   *
   * @param requestId its id
   * @returns whether a worker holds it */
  kill(requestId: string): boolean {
    for (const worker of this.#workerSet.workers) {
      for (const pooled of worker.held) {
        if (pooled.isOver || pooled.exchange.requestId !== requestId) continue;
        pooled.killed = this.#killing = true;
        pooled.exchange.outcome ??= "killed";
        return true;
      }
    }
    return false;
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
    this.#scheduler.cutStalled(now);
    this.#scheduler.rejectLate(now);
    this.#scheduler.freeWaitingPlaces(now);
    for (const worker of this.#workerSet.workers) {
      this.#sweepLoop(worker, now);
      this.#sweepExchanges(worker, now);
      this.#workerSet.retireLateStarter(worker, now);
      this.#recycling.recycleByAge(worker, now);
      if (this.#context.state === "stopping" && worker.canBeKilled(now, GRACE)) {
        void this.#workerSet.kill(worker);
      }
    }
    this.#endLargeWorker(now);
    this.#workerSet.scale();
  }

  /** Ends a worker that takes too much memory while it computes. */
  #endLargeWorker(now: number): void {
    const found = this.#memoryGuard.check(this.#workerSet.workers, now);
    if (found === undefined) return;
    void this.#workerSet.kill(found.worker, { cause: "memory", detail: found.detail });
  }

  /** Ends a worker that does not come back to its event loop. */
  #sweepLoop(worker: PoolWorker, now: number): void {
    worker.checkLoop(now);
    const { workerTimeout } = this.#context.options;
    let away = worker.awayFor(now);
    if (worker.longestSilence(now) >= workerTimeout) {
      // The time of an exchange that has not begun is not over: another worker can have it.
      this.#scheduler.putBack(worker.takeBack());
      away = Math.max(away, worker.longestSilence(now));
    }
    if (worker.state === "starting" || away < workerTimeout) return;
    // An application that blocks returns to the event loop only between two requests.
    const fault = worker.blocks ? "finished its request" : "come back to its event loop";
    const detail = `has not ${fault} for ${Math.round(away)} ms`;
    void this.#workerSet.kill(worker, { cause: "timeout", detail });
  }

  #sweepExchanges(worker: PoolWorker, now: number): void {
    let late = this.#lateExchanges(worker, now);
    if (late.length > 0 && worker.seemsBusy(now)) {
      // The time of a handler that has not begun is not over: another worker can have it.
      this.#scheduler.putBack(worker.takeBack());
      late = this.#lateExchanges(worker, now);
    }
    for (const pooled of late) {
      if (pooled.abortedAt === undefined) {
        pooled.abortedAt = now;
        worker.cancel(
          pooled,
          pooled.killed ? "An operator has ended the request" : "The handler's time is over",
        );
      } else if (now - pooled.abortedAt >= GRACE) {
        this.#expire(pooled);
        worker.failed.push(pooled);
        worker.failing = true;
      }
    }
    if (worker.failing) this.#replace(worker, now);
  }

  #lateExchanges(worker: PoolWorker, now: number): readonly PooledExchange[] {
    const { handlerTimeout, responseTimeout } = this.#context.options;
    if (!this.#killing && handlerTimeout === Infinity && responseTimeout === Infinity) return [];
    return [...worker.held].filter((pooled) => {
      if (pooled.isOver) return false; // its application still reads content
      if (pooled.killed) return true;
      if (pooled.upgraded) return false;
      const elapsed = pooled.handlerTime(now);
      return elapsed >= responseTimeout || (!pooled.headReceived && elapsed >= handlerTimeout);
    });
  }

  /** Replaces a worker of which a handler was late. Where its event loop turns, its other exchanges can
   * finish. A kill ends those too, except what it has not started, so it comes only once the loop has
   * stood still since before the handler was told. */
  #replace(worker: PoolWorker, now: number): void {
    const away = worker.unacknowledgedFor(now);
    if (away >= KILL_AFTER) return this.#kill(worker);
    if (away >= GRACE / 2) return; // it has not acknowledged what told the handler
    worker.failing = false;
    this.#retire(worker);
  }

  /** A handler has not responded although its signal has aborted. */
  #expire(pooled: PooledExchange): void {
    if (pooled.killed) return pooled.failKilled();
    pooled.exchange.report("error", "handler-timeout", "Handler did not respond in time");
    pooled.fail(504, new DOMException("The handler did not respond in time", "TimeoutError"));
  }

  #kill(worker: PoolWorker): void {
    worker.failing = false;
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
