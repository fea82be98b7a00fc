// Which workers are there? They are started here, as many as there should be, and others in the place of
// those that end; never in a tight loop. What they are given to do is the dispatcher's.

import { ApplicationLoadError } from "../application/application_load_error.ts";
import { withTimeout } from "../io/with_timeout.ts";
import { decodeLoadError, decodeLog } from "../threads/error_codec.ts";
import type { PoolContext } from "./pool_context.ts";
import { PoolWorker, type PoolWorkerCallbacks } from "./pool_worker.ts";
import type { PooledExchange } from "./pooled_exchange.ts";
import { backOff, exchangeQuota, workersToStart } from "./scaling.ts";
import { ThreadTermination } from "./thread_termination.ts";
import type { WorkerEnd, WorkerFactory } from "./worker_thread.ts";

/** How long an application may take to load. */
const BOOT_TIMEOUT = 60_000;

/** Who keeps the exchanges. */
export interface WorkerSetCallbacks {
  /** Exchanges that wait for a worker. */
  queued(): number;
  /** A worker may be given more. */
  eased(): void;
  /** A worker has ended, with these that it had not started. */
  putBack(unstarted: readonly PooledExchange[]): void;
}

/** The workers of a pool. */
export class WorkerSet {
  /** How many are kept. */
  minWorkers: number;

  readonly #context: PoolContext;
  readonly #callbacks: WorkerSetCallbacks;
  readonly #workers = new Set<PoolWorker>();
  readonly #termination: ThreadTermination;
  readonly #startWorker: WorkerFactory;
  readonly #workerCallbacks: PoolWorkerCallbacks;
  /** Workers whose first step somebody waits for. */
  readonly #booting = new Map<PoolWorker, PromiseWithResolvers<void>>();
  #lastId = 0;
  #failures = 0;
  #retryAt = 0;
  #emptied: (() => void) | undefined;

  /** Starts nothing.
   *
   * @param context what the pool's parts share
   * @param startWorker starts them
   * @param owner who keeps the exchanges */
  constructor(context: PoolContext, startWorker: WorkerFactory, callbacks: WorkerSetCallbacks) {
    this.#context = context;
    this.#callbacks = callbacks;
    this.#termination = new ThreadTermination(context, () => this.scale());
    this.#startWorker = startWorker;
    this.minWorkers = context.options.minWorkers;
    this.#workerCallbacks = {
      ready: (worker) => this.#ready(worker),
      eased: () => callbacks.eased(),
      ended: (worker, end, unstarted) => this.#ended(worker, end, unstarted),
      failed: (worker, description) => this.#failed(worker, description),
      overdue: (worker) => this.#overdue(worker),
      log: (text) => this.#relay(text),
      terminate: (handle, workerId) => this.#termination.terminate(handle, workerId),
    };
  }

  /** All that have not ended. */
  get workers(): ReadonlySet<PoolWorker> {
    return this.#workers;
  }

  /** How many take exchanges, or will when they have loaded the application. */
  get liveCount(): number {
    return this.#count(({ state }) => state === "ready" || state === "starting");
  }

  /** Whether no worker is left and none will come. */
  get isEmptyForGood(): boolean {
    return !this.#termination.open &&
      this.#termination.unusableThreads >= this.#context.options.maxWorkers &&
      this.liveCount === 0;
  }

  /** Whether a worker that could not start was a moment ago. */
  get backingOff(): boolean {
    return this.#context.clock.now() < this.#retryAt;
  }

  /** Threads that were told to end and go on. */
  get abandonedThreads(): number {
    return this.#termination.abandonedThreads;
  }

  /** Why the crew cannot be relied on any more, if that is so. */
  get trouble(): string | undefined {
    return this.#termination.trouble;
  }

  /** How many take exchanges. */
  get readyCount(): number {
    return this.#count(({ state }) => state === "ready");
  }

  /** How many take exchanges and hold none. */
  get idleCount(): number {
    return this.#count(({ state, load }) => state === "ready" && load === 0);
  }

  /** How many hold an exchange. */
  get busyCount(): number {
    return this.#count(({ load }) => load > 0);
  }

  #count(matches: (worker: PoolWorker) => boolean): number {
    let count = 0;
    for (const worker of this.#workers) if (matches(worker)) count++;
    return count;
  }

  /** Starts workers and waits until they are ready.
   *
   * @throws {ApplicationLoadError} when one of them cannot load the application; none stays then */
  async boot(count: number): Promise<void> {
    const booting = Array.from({ length: count }, () => {
      const worker = this.#spawn();
      const ready = Promise.withResolvers<void>();
      this.#booting.set(worker, ready);
      return { worker, ready: ready.promise };
    });
    try {
      const ready = Promise.all(booting.map(({ ready }) => ready));
      await withTimeout(ready, BOOT_TIMEOUT, this.#context.clock);
      const late = booting.find(({ worker }) => !worker.loaded);
      if (late !== undefined) {
        throw new ApplicationLoadError("it did not load in time");
      }
    } catch (error) {
      for (const { worker, ready } of booting) {
        ready.catch(() => {}); // one failure is enough
        worker.retire();
      }
      throw error;
    }
  }

  /** Starts what is missing. */
  scale(): void {
    if (this.#context.state !== "running" || this.backingOff) return;
    const { unusableThreads } = this.#termination;
    const now = this.#context.clock.now();
    const count = workersToStart({
      minWorkers: Math.max(0, this.minWorkers - unusableThreads),
      maxWorkers: Math.max(0, this.#context.options.maxWorkers - unusableThreads),
      ready: this.readyCount,
      starting: this.#count((worker) => worker.state === "starting"),
      queued: this.#callbacks.queued(),
      available: this.#count((worker) => worker.soonAvailable(now)),
    });
    for (let i = 0; i < count; i++) this.#spawn();
  }

  /** Gives up a worker that has been loading for too long, unless somebody waits for it: then no longer
   * than that. */
  giveUpLate(worker: PoolWorker, now: number): void {
    if (worker.state !== "starting" || now - worker.since < BOOT_TIMEOUT) return;
    if (this.#booting.has(worker)) return;
    const message = `Worker ${worker.id} has not loaded the application in time`;
    this.#context.log("error", "application-failed", message);
    this.#postpone();
    worker.retire();
  }

  /** Ends a worker whatever it does, and starts another where one is missing. */
  async kill(worker: PoolWorker): Promise<void> {
    if (await this.#termination.kill(worker)) this.scale();
  }

  /** Ends all workers whatever they do, and waits until their threads have ended or are given up. */
  async end(): Promise<void> {
    for (const worker of this.#workers) void worker.terminate();
    await this.#termination.settle();
  }

  /** Waits until no worker is left.
   *
   * @param timeout how long */
  async emptied(timeout: number): Promise<void> {
    if (this.#workers.size === 0) return;
    const emptied = new Promise<void>((resolve) => this.#emptied = resolve);
    await withTimeout(emptied, timeout, this.#context.clock);
  }

  #spawn(): PoolWorker {
    const context = this.#context;
    context.counts.spawned++;
    const worker = new PoolWorker(
      ++this.#lastId,
      context,
      this.#startWorker,
      this.#workerCallbacks,
    );
    worker.quota = exchangeQuota(context.options.maxExchangesPerWorker, Math.random());
    this.#workers.add(worker);
    return worker;
  }

  #ready(worker: PoolWorker): void {
    this.#failures = 0;
    this.#booting.get(worker)?.resolve();
    this.#booting.delete(worker);
    this.#callbacks.eased();
  }

  #failed(worker: PoolWorker, description: string): void {
    this.#workers.delete(worker);
    this.#postpone();
    const error = decodeLoadError(description);
    const waiting = this.#booting.get(worker);
    this.#booting.delete(worker);
    if (waiting !== undefined) {
      waiting.reject(error);
    } else {
      const message = "Application could not be loaded";
      this.#context.log("error", "application-failed", message, error);
    }
    this.#noteEmpty();
  }

  #ended(worker: PoolWorker, end: WorkerEnd, unstarted: readonly PooledExchange[]): void {
    this.#workers.delete(worker);
    if (!worker.loaded && end.cause !== "terminated") this.#postpone();
    if (this.#booting.has(worker)) {
      const reason = new ApplicationLoadError(`the worker has ended: ${end.cause} ${end.detail}`);
      this.#booting.get(worker)!.reject(reason);
      this.#booting.delete(worker);
    }
    if (end.cause !== "terminated") {
      this.#context.counts.crashedWorkers++;
      const message = `Worker ${worker.id} has ended: ${end.cause}, ${end.detail}`;
      this.#context.log("error", "worker-ended", message);
    }
    if (unstarted.length > 0) this.#callbacks.putBack(unstarted);
    this.#noteEmpty();
    this.#callbacks.eased();
    this.scale();
  }

  #overdue(worker: PoolWorker): void {
    if (worker.allAcknowledged) return void worker.terminate();
    if (this.#context.state === "running") this.#context.counts.killedWorkers++;
    void this.kill(worker);
  }

  /** No worker is started again at once where one has just failed. */
  #postpone(): void {
    this.#failures++;
    this.#retryAt = this.#context.clock.now() + backOff(this.#failures);
  }

  #noteEmpty(): void {
    if (this.#workers.size === 0) this.#emptied?.();
  }

  #relay(text: string): void {
    const { level, event, message, error } = decodeLog(text);
    this.#context.log(level, event, message, error);
  }
}
