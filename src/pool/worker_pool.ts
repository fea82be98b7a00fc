// The life of a pool: what it is put together from, its start and its stop. Which workers there are is in
// crew.ts, who of them gets an exchange in dispatcher.ts, when they make room for others in turnover.ts,
// and what has taken too long in pool_deadlines.ts.

import type { Exchange } from "../exchange/exchange.ts";
import { systemClock } from "../io/clock.ts";
import { WorkerSet } from "./worker_set.ts";
import { Scheduler } from "./scheduler.ts";
import type { Executor } from "../exchange/executor.ts";
import { canKill } from "../threads/kill_probe.ts";
import { PoolContext } from "./pool_context.ts";
import { PoolDeadlines } from "./pool_deadlines.ts";
import type { PoolDependencies, WorkerPoolOptions } from "./pool_options.ts";
import type { PoolStats } from "./pool_stats.ts";
import { PoolView } from "./pool_view.ts";
import { WorkerRecycling } from "./worker_recycling.ts";
import { threadFactory } from "./worker_thread.ts";

/** Runs an application in worker threads. */
export class WorkerPool implements Executor {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;
  readonly #scheduler: Scheduler;
  readonly #recycling: WorkerRecycling;
  readonly #deadlines: PoolDeadlines;
  readonly #view: PoolView;
  readonly #canKill: () => Promise<boolean>;
  #proving: Promise<void> | undefined;

  /** Makes a pool; starts nothing.
   *
   * @param options what it is made of
   * @param means where its time and its threads come from */
  constructor(options: WorkerPoolOptions, dependencies: PoolDependencies = {}) {
    const { clock = systemClock, startWorker = threadFactory(options) } = dependencies;
    this.#canKill = dependencies.canKill ?? canKill;
    const context = new PoolContext(options, clock);
    const workerSet = new WorkerSet(context, startWorker, {
      queued: () => this.queued,
      eased: () => this.#scheduler.dispatch(),
      putBack: (unstarted) => this.#scheduler.putBack(unstarted),
    });
    this.#context = context;
    this.#workerSet = workerSet;
    this.#recycling = new WorkerRecycling(context, workerSet);
    this.#scheduler = new Scheduler(context, workerSet, this.#recycling);
    this.#deadlines = new PoolDeadlines(context, workerSet, this.#scheduler, this.#recycling);
    this.#view = new PoolView(context, workerSet);
  }

  /** Workers that hold no exchange. */
  get idle(): number {
    return this.#view.idle;
  }

  /** Workers that hold an exchange. */
  get busy(): number {
    return this.#view.busy;
  }

  /** Exchanges that wait for a worker. */
  get queued(): number {
    return this.#scheduler.queued;
  }

  /** Why the pool cannot be relied on any more, if that is so. */
  get trouble(): string | undefined {
    return this.#workerSet.trouble;
  }

  /** What the pool has done and is doing. */
  get stats(): PoolStats {
    return this.#view.stats(this.queued);
  }

  /** Forgets the histograms and counts. */
  clearStats(): void {
    this.#context.clear();
  }

  /** Starts `minWorkers` and waits until they have loaded the application.
   *
   * @throws {ApplicationLoadError} when one of them cannot; none is left running then */
  async start(): Promise<void> {
    const context = this.#context;
    if (context.state !== "new") throw new TypeError(`Cannot start pool: it is ${context.state}`);
    context.state = "running";
    this.#deadlines.start();
    try {
      await this.#workerSet.boot(this.#workerSet.minWorkers);
    } catch (error) {
      await this.stop(0);
      throw error;
    }
    // Not earlier: it would take the cores from the workers that load.
    if (context.options.workerKind === "killable") this.#proving = this.#proveKill();
  }

  /** Answers an exchange through a worker. */
  execute(exchange: Exchange): Promise<void> {
    return this.#scheduler.execute(exchange);
  }

  /** Starts more workers, up to `maxWorkers`, and keeps so many from now on.
   *
   * @param count how many more
   * @throws {ApplicationLoadError} when one of them cannot load the application */
  grow(count: number): Promise<void> {
    return this.#recycling.grow(count);
  }

  /** Lets workers go when they have answered what they hold, down to one, and keeps so many fewer.
   *
   * @param count how many fewer */
  shrink(count: number): void {
    this.#recycling.shrink(count);
  }

  /** Has new workers load the application afresh; when all are ready, the old ones answer what they
   * hold and go.
   *
   * @throws {ApplicationLoadError} when it cannot be loaded; the old workers go on then */
  reload(): Promise<void> {
    return this.#recycling.reload();
  }

  /** Waits for what is under way, then ends all workers.
   *
   * @param timeout how long to wait; 0 does not wait */
  async stop(timeout: number): Promise<void> {
    const context = this.#context;
    if (context.state === "stopped") return;
    context.state = "stopping";
    for (const worker of this.#workerSet.workers) worker.retire();
    this.#dropAbandoned();
    if (timeout > 0) await this.#workerSet.emptied(timeout);
    const ended = this.#workerSet.end();
    this.#scheduler.refuseAll(); // what they had not started waits again
    await ended;
    await this.#proving;
    this.#deadlines.stop();
    this.#scheduler.close();
    context.state = "stopped";
  }

  /** A deadline is worth little where nothing can be ended, and nobody would know before the first one
   * that is passed. */
  async #proveKill(): Promise<void> {
    const context = this.#context;
    context.canKill = await this.#canKill().catch(() => false);
    if (context.canKill) return;
    const message =
      "Workers cannot be ended on this version of Deno while they compute: one that " +
      "passes its deadline is abandoned and its thread goes on";
    context.log("warn", "cannot-kill-workers", message);
  }

  /** A stopping pool does not wait for answers that nobody waits for. */
  #dropAbandoned(): void {
    for (const worker of this.#workerSet.workers) {
      for (const pooled of [...worker.held]) if (pooled.abandoned) pooled.finish();
    }
  }
}
