// The workers of a pool. It starts as many as there should be and replaces those that end, with a back-off
// after failures. It does not know which exchanges they are given: that is the scheduler's part.

import { all, caught, Promise } from "../io/platform.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { describeRequests, loggedRequests } from "../exchange/describe_requests.ts";
import { withTimeout } from "../io/with_timeout.ts";
import { decodeLoadError, decodeLog } from "../threads/error_codec.ts";
import type { PoolContext } from "./pool_context.ts";
import { type HeldExchanges, PoolWorker, type PoolWorkerCallbacks } from "./pool_worker.ts";
import type { PooledExchange } from "./pooled_exchange.ts";
import { backOff, exchangeQuota, workersToStart } from "./scaling.ts";
import { ThreadTermination } from "./thread_termination.ts";
import type { WorkerEnd, WorkerFactory } from "./worker_thread.ts";

/** Milliseconds away from its event loop after which a worker counts as one that does not respond, where
 * `workerTimeout` is `Infinity`. */
const UNRESPONSIVE_AFTER = 15_000;

/** What the set needs of the scheduler. */
export interface WorkerSetCallbacks {
  /** Exchanges that wait for a worker. */
  queued(): number;
  /** A worker may be given more. */
  eased(): void;
  /** A worker has ended before it had started these. */
  putBack(unstarted: readonly PooledExchange[]): void;
}

/** The workers of a pool. */
export class WorkerSet {
  /** How many are kept. */
  minWorkers: number;
  /** Whether the application blocks its thread, as the worker says that was ready last. */
  blocks = false;

  readonly #context: PoolContext;
  readonly #callbacks: WorkerSetCallbacks;
  readonly #workers = new Set<PoolWorker>();
  readonly #termination: ThreadTermination;
  readonly #startWorker: WorkerFactory;
  readonly #workerCallbacks: PoolWorkerCallbacks;
  /** Workers that `boot` waits for. */
  readonly #booting = new Map<PoolWorker, PromiseWithResolvers<void>>();
  #lastId = 0;
  #failures = 0;
  #retryAt = 0;
  #resolveEmpty: (() => void) | undefined;

  /** Starts nothing.
   *
   * @param context what the pool's parts share
   * @param startWorker starts them
   * @param callbacks lead to the scheduler */
  constructor(context: PoolContext, startWorker: WorkerFactory, callbacks: WorkerSetCallbacks) {
    this.#context = context;
    this.#callbacks = callbacks;
    this.#termination = new ThreadTermination(context, () => this.scale());
    this.#startWorker = startWorker;
    this.minWorkers = context.options.minWorkers;
    this.#workerCallbacks = {
      ready: (worker) => this.#ready(worker),
      eased: () => callbacks.eased(),
      ended: (worker, end, exchanges) => this.#ended(worker, end, exchanges),
      failed: (worker, description) => this.#failed(worker, description),
      overdue: (worker) => this.#overdue(worker),
      log: (text, workerId) => this.#logForWorker(text, workerId),
      terminate: (handle, worker) => this.#termination.terminate(handle, worker),
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

  /** Whether no worker is left and no other will be started. */
  get isEmptyForGood(): boolean {
    return !this.#termination.killPending &&
      this.#termination.unusableThreads >= this.#context.options.maxWorkers &&
      this.liveCount === 0;
  }

  /** Whether a worker has failed to start so recently that no other is started. */
  get backingOff(): boolean {
    return this.#context.clock.now() < this.#retryAt;
  }

  /** Threads that were told to end and still run. */
  get abandonedThreads(): number {
    return this.#termination.abandonedThreads;
  }

  /** Why the pool cannot be relied on any more, if that is so. */
  get trouble(): string | undefined {
    const { trouble } = this.#termination;
    if (trouble !== undefined || this.#context.state !== "running") return trouble;
    const now = this.#context.clock.now();
    return this.#count((worker) => this.#responds(worker, now)) > 0
      ? undefined
      : "no worker responds";
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

  /** Whether a worker takes exchanges and has lately come back to its event loop. */
  #responds(worker: PoolWorker, now: number): boolean {
    if (worker.state !== "ready") return false;
    const { workerTimeout } = this.#context.options;
    const bounded = workerTimeout !== Infinity;
    // An operator who bounds no worker may have an application that blocks for as long as it likes.
    if (!bounded && worker.blocks) return true;
    return worker.awayFor(now) < (bounded ? workerTimeout / 2 : UNRESPONSIVE_AFTER);
  }

  #count(matches: (worker: PoolWorker) => boolean): number {
    let count = 0;
    for (const worker of this.#workers) if (matches(worker)) count++;
    return count;
  }

  /** Starts workers and waits until they are ready.
   *
   * @throws {ApplicationLoadError} when one of them cannot load the application; all of them end then */
  async boot(count: number): Promise<void> {
    const booting = Array.from({ length: count }, () => {
      const worker = this.#spawn();
      const ready = Promise.withResolvers<void>();
      this.#booting.set(worker, ready);
      return { worker, ready: ready.promise };
    });
    try {
      const ready = all(booting.map(({ ready }) => ready));
      await withTimeout(ready, this.#context.options.startTimeout, this.#context.clock);
      const late = booting.find(({ worker }) => !worker.loaded);
      if (late !== undefined) {
        throw new ApplicationLoadError("it did not load in time");
      }
    } catch (error) {
      for (const { worker, ready } of booting) {
        caught(ready, () => {}); // the first failure is reported
        worker.retire();
      }
      throw error;
    }
  }

  /** Starts the workers that are missing. */
  scale(): void {
    // First what ends most calls: there is one for each exchange that waits.
    if (this.liveCount >= this.#context.options.maxWorkers) return;
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

  /** Retires a worker that has been loading for too long. Those that `boot` waits for have its timeout. */
  retireLateStarter(worker: PoolWorker, now: number): void {
    if (worker.state !== "starting" || now - worker.since < this.#context.options.startTimeout) {
      return;
    }
    if (this.#booting.has(worker)) return;
    const message = `Worker ${worker.id} has not loaded the application in time`;
    this.#context.log("error", "application-failed", message, undefined, worker.id);
    this.#backOff();
    worker.retire();
  }

  /** Ends a worker even while it computes, and starts another where one is missing.
   *
   * @param end why, where that is not the pool's own decision */
  async kill(worker: PoolWorker, end?: WorkerEnd): Promise<void> {
    if (await this.#termination.kill(worker, end)) this.scale();
  }

  /** Ends all workers even while they compute, and waits until their threads have ended or are
   * abandoned. */
  async end(): Promise<void> {
    for (const worker of this.#workers) void worker.terminate();
    await this.#termination.settle();
  }

  /** Waits until no worker is left.
   *
   * @param timeout how long */
  async whenEmpty(timeout: number): Promise<void> {
    if (this.#workers.size === 0) return;
    const emptied = new Promise<void>((resolve) => this.#resolveEmpty = resolve);
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
    this.blocks = worker.blocks;
    this.#booting.get(worker)?.resolve();
    this.#booting.delete(worker);
    this.#callbacks.eased();
  }

  #failed(worker: PoolWorker, description: string): void {
    this.#workers.delete(worker);
    this.#backOff();
    const error = decodeLoadError(description);
    const waiting = this.#booting.get(worker);
    this.#booting.delete(worker);
    if (waiting !== undefined) {
      waiting.reject(error);
    } else {
      const message = "Application could not be loaded";
      this.#context.log("error", "application-failed", message, error, worker.id);
    }
    this.#noteEmpty();
  }

  #ended(worker: PoolWorker, end: WorkerEnd, { unstarted, lost }: HeldExchanges): void {
    this.#workers.delete(worker);
    if (!worker.loaded && end.cause !== "terminated") this.#backOff();
    if (this.#booting.has(worker)) {
      const reason = new ApplicationLoadError(`the worker has ended: ${end.cause} ${end.detail}`);
      this.#booting.get(worker)!.reject(reason);
      this.#booting.delete(worker);
    }
    this.#logEnd(worker, end, lost);
    if (unstarted.length > 0) this.#callbacks.putBack(unstarted);
    this.#noteEmpty();
    this.#callbacks.eased();
    this.scale();
  }

  #logEnd(worker: PoolWorker, end: WorkerEnd, lost: readonly PooledExchange[]): void {
    const { counts, state } = this.#context;
    const exchanges = lost.map(({ exchange }) => exchange);
    const requests = lost.length === 0 ? "" : `, with ${describeRequests(exchanges)}`;
    const log = (event: string, message: string, error?: unknown) =>
      this.#context.log("error", event, message, error, worker.id, loggedRequests(exchanges));
    if (end.cause === "timeout") {
      counts.killedWorkers++;
      const message = `Worker ${worker.id} ${end.detail}${requests}`;
      log("worker-timeout", message);
    } else if (end.cause !== "terminated") {
      counts.crashedWorkers++;
      const message = `Worker ${worker.id} has ended: ${end.cause}, ${end.detail}${requests}`;
      log("worker-ended", message, end.error);
    } else if (requests !== "" && state === "running") {
      const message = `Worker ${worker.id} was ended${requests}`;
      log("worker-ended", message);
    }
  }

  #overdue(worker: PoolWorker): void {
    if (worker.allAcknowledged) return void worker.terminate();
    if (this.#context.state === "running") this.#context.counts.killedWorkers++;
    void this.kill(worker);
  }

  /** Waits before a worker is started again, as one has just failed. */
  #backOff(): void {
    this.#failures++;
    this.#retryAt = this.#context.clock.now() + backOff(this.#failures);
  }

  #noteEmpty(): void {
    if (this.#workers.size === 0) this.#resolveEmpty?.();
  }

  #logForWorker(text: string, workerId: number): void {
    const { level, event, message, error } = decodeLog(text);
    this.#context.log(level, event, message, error, workerId);
  }
}
