// The life of a pool: its parts, its start and its stop. worker_set.ts has the workers, scheduler.ts
// decides which of them gets an exchange, worker_recycling.ts replaces them, and pool_deadlines.ts keeps
// the deadlines.

import { caught } from "../io/platform.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Executor } from "../exchange/executor.ts";
import { systemClock } from "../io/clock.ts";
import { canKill } from "../threads/kill_probe.ts";
import { PoolContext } from "./pool_context.ts";
import { PoolDeadlines } from "./pool_deadlines.ts";
import type { PoolDependencies, WorkerPoolOptions } from "./pool_options.ts";
import { collectPoolStats, type PoolStats } from "./pool_stats.ts";
import { Scheduler } from "./scheduler.ts";
import { WorkerRecycling } from "./worker_recycling.ts";
import { WorkerSet } from "./worker_set.ts";
import { threadFactory, type WorkerFactory } from "./worker_thread.ts";

/** What the pool that is made next depends on; see {@linkcode createWorkerPool}. */
let nextDependencies: PoolDependencies = {};

/** Makes a pool with another clock or other workers, as tests do. The public constructor does not mention
 * these: their types are internal.
 *
 * @param options see {@linkcode WorkerPool}
 * @param dependencies where its time and its workers come from */
export function createWorkerPool(
  options: WorkerPoolOptions,
  dependencies: PoolDependencies,
): WorkerPool {
  nextDependencies = dependencies;
  try {
    return new WorkerPool(options);
  } finally {
    nextDependencies = {};
  }
}

/** Runs an application in worker threads. */
export class WorkerPool implements Executor {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;
  readonly #scheduler: Scheduler;
  readonly #recycling: WorkerRecycling;
  readonly #deadlines: PoolDeadlines;
  readonly #canKill: () => Promise<boolean>;
  readonly #findWorkers: PoolDependencies["findWorkers"];
  #startWorker: WorkerFactory;
  #killProbe: Promise<void> | undefined;

  /** Makes a pool; starts nothing.
   *
   * @param options its application, its bounds and its deadlines */
  constructor(options: WorkerPoolOptions) {
    const dependencies = nextDependencies;
    const { clock = systemClock } = dependencies;
    this.#startWorker = dependencies.startWorker ?? threadFactory(options);
    this.#findWorkers = dependencies.findWorkers;
    this.#canKill = dependencies.canKill ?? canKill;
    const context = new PoolContext(options, clock);
    const workerSet = new WorkerSet(
      context,
      (start, callbacks) => this.#startWorker(start, callbacks),
      {
        queued: () => this.queued,
        eased: () => this.#scheduler.dispatch(),
        putBack: (unstarted) => this.#scheduler.putBack(unstarted),
      },
    );
    this.#context = context;
    this.#workerSet = workerSet;
    this.#recycling = new WorkerRecycling(context, workerSet);
    this.#scheduler = new Scheduler(context, workerSet, this.#recycling);
    this.#deadlines = new PoolDeadlines(context, workerSet, this.#scheduler, this.#recycling);
  }

  /** Workers that take exchanges and hold none. */
  get idle(): number {
    return this.#workerSet.idleCount;
  }

  /** Workers that hold an exchange. */
  get busy(): number {
    return this.#workerSet.busyCount;
  }

  /** Exchanges that wait for a worker. */
  get queued(): number {
    return this.#scheduler.queued;
  }

  /** How long exchanges that wait for a worker have waited so far, in milliseconds, by their ids. */
  get waitingTimes(): ReadonlyMap<string, number> {
    const now = this.#context.clock.now();
    return new Map(
      this.#scheduler.waiting.map(({ exchange, since }) => [
        exchange.requestId,
        Math.max(0, Math.round(now - since)),
      ]),
    );
  }

  /** Exchanges that may wait for a worker. */
  get queueSize(): number {
    return this.#scheduler.queueSize;
  }

  /** Why the pool cannot be relied on any more, if that is so. */
  get trouble(): string | undefined {
    return this.#workerSet.trouble;
  }

  /** The numbers of the pool. */
  get stats(): PoolStats {
    return collectPoolStats(this.#context, this.#workerSet, this.queued);
  }

  /** Sets the histograms and counts back to nothing. */
  clearStats(): void {
    this.#context.clear();
  }

  /** Starts `minWorkers` and waits until they have loaded the application.
   *
   * @throws {ApplicationLoadError} when one of them cannot; no worker is left running then */
  async start(): Promise<void> {
    const context = this.#context;
    if (context.state !== "new") throw new TypeError(`Cannot start pool: it is ${context.state}`);
    if (this.#findWorkers !== undefined) {
      const { kind, startWorker } = await this.#findWorkers();
      context.setWorkerKind(kind);
      this.#startWorker = startWorker;
      if (context.state !== "new") return; // it was stopped meanwhile
    }
    context.state = "running";
    this.#deadlines.start();
    try {
      await this.#workerSet.boot(this.#workerSet.minWorkers);
    } catch (error) {
      await this.stop(0);
      throw error;
    }
    // Not earlier: it would take the cores from the workers that load.
    if (context.workerKind === "killable") this.#killProbe = this.#probeKill();
  }

  /** Runs an exchange in a worker. An exchange that finds no worker in time gets 503.
   *
   * @param exchange the request, and where the response goes
   * @returns a promise that resolves when the exchange is over */
  execute(exchange: Exchange): Promise<void> {
    return this.#scheduler.execute(exchange);
  }

  /** Ends a request that waits or that a worker holds. Its client gets a 504, or a response that is cut. A
   * handler that does not stop when its signal aborts is ended with its worker.
   *
   * @param requestId the id of the request
   * @returns whether the pool has it */
  kill(requestId: string): boolean {
    return this.#scheduler.kill(requestId) || this.#deadlines.kill(requestId);
  }

  /** Starts more workers, up to `maxWorkers`, and keeps so many from now on.
   *
   * @param count how many more
   * @throws {ApplicationLoadError} when one of them cannot load the application */
  grow(count: number): Promise<void> {
    return this.#recycling.grow(count);
  }

  /** Retires workers, down to one, and keeps so many fewer from now on. Each ends when it has responded to
   * what it holds.
   *
   * @param count how many fewer */
  shrink(count: number): void {
    this.#recycling.shrink(count);
  }

  /** Starts new workers, which load the application afresh. When all are ready, the old ones respond to
   * what they hold and end.
   *
   * @throws {ApplicationLoadError} when it cannot be loaded; the old workers continue then */
  reload(): Promise<void> {
    return this.#recycling.reload();
  }

  /** Waits for the exchanges that are under way, then ends all workers.
   *
   * @param timeout how long to wait, in milliseconds; 0 does not wait */
  async stop(timeout: number): Promise<void> {
    const context = this.#context;
    if (context.state === "stopped") return;
    context.state = "stopping";
    for (const worker of this.#workerSet.workers) worker.retire();
    this.#finishAbandoned();
    if (timeout > 0) await this.#workerSet.whenEmpty(timeout);
    const ended = this.#workerSet.end();
    this.#scheduler.rejectAll(); // what they had not started waits again
    await ended;
    await this.#killProbe;
    this.#deadlines.stop();
    this.#scheduler.close();
    context.state = "stopped";
  }

  /** Tries whether workers can be ended while they compute, and warns when they cannot: a deadline is
   * worth little then, and the operator would see it only when the first one is passed. */
  async #probeKill(): Promise<void> {
    const context = this.#context;
    context.canKill = await caught(this.#canKill(), () => false);
    if (context.canKill) return;
    const message =
      "Workers cannot be ended on this version of Deno while they compute: one that " +
      "passes its deadline is abandoned and its thread continues";
    context.log("warn", "cannot-kill-workers", message);
  }

  /** A stopping pool does not wait for responses that are not wanted any more. */
  #finishAbandoned(): void {
    for (const worker of this.#workerSet.workers) {
      for (const pooled of [...worker.held]) if (pooled.abandoned) pooled.finish();
    }
  }
}
