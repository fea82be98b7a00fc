// The pool: exchanges come in, wait if they must, and are handed to whichever worker is free now.
// Workers are started, replaced and let go here; what one of them holds and says is in pool_worker.ts.

import type { Exchange } from "../exchange.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import { type Clock, systemClock } from "../io/clock.ts";
import type { LogEvent, LogLevel } from "../log.ts";
import { ApplicationLoadError } from "./application_load_error.ts";
import { decodeLoadError, decodeLog } from "./error_text.ts";
import { ExchangeQueue } from "./exchange_queue.ts";
import type { Executor } from "./executor.ts";
import { Histogram } from "./histogram.ts";
import { killableThreads } from "./killable_thread.ts";
import type { PoolStats, WorkerStats } from "./pool_stats.ts";
import { PoolWorker, type WorkerOwner } from "./pool_worker.ts";
import { type ExchangeOwner, PooledExchange, SMALL_CONTENT } from "./pooled_exchange.ts";
import { backOff, exchangeQuota, workersToStart } from "./scaling.ts";
import { startWebThread } from "./web_thread.ts";
import type { ThreadEnd, ThreadFactory, WorkerKind, WorkerThread } from "./worker_thread.ts";

/** What a pool is made of. All durations are milliseconds. */
export interface WorkerPoolOptions {
  /** Module of the application. */
  readonly url: URL | string;
  /** Name of its export. */
  readonly name: string;
  /** What a worker is. */
  readonly workerKind: WorkerKind;
  /** Workers that are kept. */
  readonly minWorkers: number;
  /** Workers that there may be. */
  readonly maxWorkers: number;
  /** Exchanges that one worker may hold. */
  readonly exchangesPerWorker: number;
  /** Exchanges that may wait; more are answered 503. */
  readonly queueSize: number;
  /** Longest wait for a worker; past it 503. */
  readonly queueTimeout: number;
  /** Longest time from hand-over to the head of the answer; past it 504. */
  readonly handlerTimeout: number;
  /** Longest time from hand-over to the end of the answer; past it the connection is cut. */
  readonly responseTimeout: number;
  /** How long a worker beyond `minWorkers` stays without work. */
  readonly workerIdleTimeout: number;
  /** Exchanges after which a worker is replaced. */
  readonly maxExchangesPerWorker: number;
  /** Age at which a worker is replaced. */
  readonly maxWorkerAge: number;
  /** Heap of a killable worker, in octets. */
  readonly maxWorkerHeap: number;
  /** Threads that could not be ended; with more the pool is not to be relied on. */
  readonly maxAbandonedWorkers: number;
  /** Takes log events. */
  readonly onLog: (event: LogEvent) => void;
}

/** What a pool lives on. */
export interface PoolMeans {
  /** Where time comes from; the system's without it. */
  readonly clock?: Clock;
  /** Makes threads; of the kind that the options say without it. */
  readonly startThread?: ThreadFactory;
}

/** A silent worker's unstarted exchanges are given to others after this many milliseconds. Long enough
 * that a batch of quick handlers is not torn apart, short against anything that a person notices. */
const PATIENCE = 4;
/** How long a handler may take to answer after it was told that its time is over. */
const GRACE = 100;
/** How often deadlines of workers and of the queue are looked at. */
const TICK = 50;
/** What a client that is refused for lack of room is told to wait, in seconds. */
const RETRY_AFTER = 1;
/** How long an application may take to load. */
const BOOT_TIMEOUT = 60_000;

/** Runs an application in worker threads. */
export class WorkerPool implements Executor {
  readonly #options: WorkerPoolOptions;
  readonly #clock: Clock;
  readonly #queue: ExchangeQueue<PooledExchange>;
  readonly #workers = new Set<PoolWorker>();
  readonly #startThread: ThreadFactory;
  readonly #workerOwner: WorkerOwner;
  readonly #exchangeOwner: ExchangeOwner;
  readonly #queueTime = new Histogram();
  readonly #runTime = new Histogram();
  readonly #cpuTimes = new WeakMap<PoolWorker, number>();
  #counts = newCounts();
  #state: "new" | "running" | "stopping" | "stopped" = "new";
  #minWorkers: number;
  #lastId = 0;
  #failures = 0;
  #retryAt = 0;
  #tick: { stop(): void } | undefined;
  #watch: { stop(): void } | undefined;
  /** Workers whose first step somebody waits for. */
  readonly #booting = new Map<PoolWorker, PromiseWithResolvers<void>>();
  #emptied: (() => void) | undefined;
  /** Workers that were killed and whose threads may go on. */
  #dying = 0;
  /** Threads that were told to end and have not yet. */
  readonly #ending = new Set<Promise<boolean>>();
  /** One after the other. */
  #reloading: Promise<void> = Promise.resolve();

  /** Makes a pool; starts nothing.
   *
   * @param options what it is made of
   * @param means where its time and its threads come from */
  constructor(options: WorkerPoolOptions, means: PoolMeans = {}) {
    const { clock = systemClock, startThread = threadsFor(options) } = means;
    this.#options = options;
    this.#clock = clock;
    this.#minWorkers = options.minWorkers;
    this.#queue = new ExchangeQueue(options.queueSize);
    this.#startThread = (data, events) => this.#watchEnd(startThread(data, events));
    this.#workerOwner = {
      now: () => clock.now(),
      ready: (worker) => this.#workerReady(worker),
      eased: () => this.#dispatch(),
      ended: (worker, end, unstarted) => this.#workerEnded(worker, end, unstarted),
      failed: (worker, description) => this.#workerFailed(worker, description),
      overdue: (worker) => this.#overdue(worker),
      log: (_worker, text) => this.#relay(text),
    };
    this.#exchangeOwner = {
      disconnected: (pooled, reason) => this.#disconnected(pooled, reason),
      over: (pooled) => this.#over(pooled),
    };
  }

  /** Workers that hold no exchange. */
  get idle(): number {
    return this.#count((worker) => worker.state === "ready" && worker.load === 0);
  }

  /** Workers that hold an exchange. */
  get busy(): number {
    return this.#count((worker) => worker.load > 0);
  }

  /** Exchanges that wait for a worker. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Why the pool cannot be relied on any more, if that is so. */
  get trouble(): string | undefined {
    const { abandonedWorkers } = this.#counts;
    if (abandonedWorkers <= this.#options.maxAbandonedWorkers) return undefined;
    return `${abandonedWorkers} workers could not be ended: the process should be restarted`;
  }

  /** What the pool has done and is doing. */
  get stats(): PoolStats {
    const now = this.#clock.now();
    return {
      kind: this.#options.workerKind,
      ready: this.#count((worker) => worker.state === "ready"),
      busy: this.busy,
      idle: this.idle,
      queued: this.queued,
      ...this.#counts,
      queueTime: this.#queueTime.view,
      runTime: this.#runTime.view,
      workers: [...this.#workers].map((worker) => this.#describe(worker, now)),
    };
  }

  /** Forgets the histograms and counts. */
  clearStats(): void {
    this.#queueTime.clear();
    this.#runTime.clear();
    // Threads that go on do not go away by being forgotten.
    this.#counts = { ...newCounts(), abandonedWorkers: this.#counts.abandonedWorkers };
  }

  /** Starts `minWorkers` and waits until they have loaded the application.
   *
   * @throws {ApplicationLoadError} when one of them cannot; none is left running then */
  async start(): Promise<void> {
    if (this.#state !== "new") throw new TypeError(`Cannot start pool: it is ${this.#state}`);
    this.#state = "running";
    this.#tick = this.#clock.every(TICK, () => this.#look());
    try {
      await this.#boot(this.#minWorkers);
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /** Answers an exchange through a worker. */
  execute(exchange: Exchange): Promise<void> {
    const pooled = new PooledExchange(exchange, this.#clock.now(), this.#exchangeOwner);
    const { content, head: { framing, expectContinue } } = exchange;
    if (content === undefined) {
      this.#admit(pooled);
    } else if (framing.kind === "length" && framing.length <= SMALL_CONTENT && !expectContinue) {
      // Little content is waited for here, where waiting costs nobody a worker.
      content.read().then((octets) => {
        pooled.payload = octets;
        this.#admit(pooled);
      }, (error) => this.#refuseContent(pooled, error));
    } else {
      pooled.payload = true;
      this.#admit(pooled);
    }
    return pooled.answered;
  }

  /** Starts more workers, up to `maxWorkers`, and keeps so many from now on.
   *
   * @param count how many more
   * @throws {ApplicationLoadError} when one of them cannot load the application */
  async grow(count: number): Promise<void> {
    this.#expectRunning("grow");
    const added = Math.max(0, Math.min(count, this.#options.maxWorkers - this.#present()));
    this.#minWorkers = Math.min(this.#options.maxWorkers, this.#minWorkers + count);
    await this.#boot(added);
  }

  /** Lets workers go when they have answered what they hold, down to one, and keeps so many fewer.
   *
   * @param count how many fewer */
  shrink(count: number): void {
    this.#minWorkers = Math.max(1, this.#minWorkers - count);
    const ready = [...this.#workers].filter((worker) => worker.state === "ready");
    ready.sort((a, b) => a.load - b.load);
    for (const worker of ready.slice(0, Math.min(count, ready.length - 1))) worker.retire();
  }

  /** Has new workers load the application afresh; when all are ready, the old ones answer what they
   * hold and go.
   *
   * @throws {ApplicationLoadError} when it cannot be loaded; the old workers go on then */
  reload(): Promise<void> {
    const reloaded = this.#reloading.then(() => this.#reload());
    this.#reloading = reloaded.catch(() => {}); // the next one does not care
    return reloaded;
  }

  async #reload(): Promise<void> {
    this.#expectRunning("reload");
    const old = [...this.#workers].filter((worker) => worker.state !== "retiring");
    await this.#boot(Math.max(this.#minWorkers, 1));
    for (const worker of old) worker.retire();
  }

  /** Waits for what is under way, then ends all workers.
   *
   * @param timeout how long to wait; 0 does not wait */
  async stop(timeout: number): Promise<void> {
    if (this.#state === "stopped") return;
    this.#state = "stopping";
    for (const worker of this.#workers) worker.retire();
    this.#dropForsaken();
    if (this.#workers.size > 0 && timeout > 0) {
      const emptied = new Promise<void>((resolve) => this.#emptied = resolve);
      await this.#withTimeout(emptied, timeout);
    }
    for (const pooled of this.#queue) pooled.fail(503, stopped());
    for (const worker of this.#workers) void worker.kill();
    await Promise.all(this.#ending);
    this.#tick?.stop();
    this.#watch?.stop();
    this.#watch = undefined;
    this.#state = "stopped";
  }

  /** A stopping pool does not wait for answers that nobody waits for. */
  #dropForsaken(): void {
    for (const worker of this.#workers) {
      for (const pooled of [...worker.held]) if (pooled.forsaken) pooled.finish();
    }
  }

  /** The end of a thread can take a moment; a pool has stopped when none is left. */
  #watchEnd(thread: WorkerThread): WorkerThread {
    let ending: Promise<boolean> | undefined;
    const terminate = (): Promise<boolean> => {
      if (ending !== undefined) return ending;
      const ended = thread.terminate().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
      return ending = ended;
    };
    return {
      kind: thread.kind,
      post: (batch, transfer) => thread.post(batch, transfer),
      cpuTime: () => thread.cpuTime(),
      terminate,
    };
  }

  #expectRunning(verb: string): void {
    if (this.#state === "running") return;
    throw new TypeError(
      `Cannot ${verb}: expected a pool that is running, this one is ${this.#state}`,
    );
  }

  #admit(pooled: PooledExchange): void {
    if (pooled.isOver) return;
    if (this.#state !== "running") return pooled.fail(503, stopped(), RETRY_AFTER);
    if (this.#dying === 0 && this.#lost >= this.#options.maxWorkers && this.#present() === 0) {
      return this.#refuse(pooled, "pool-in-trouble", "No worker is left");
    }
    if (this.#queue.size === 0) {
      const worker = this.#freeWorker();
      if (worker !== undefined) return this.#handOver(pooled, worker, pooled.since);
    }
    if (this.#queue.full) return this.#refuse(pooled, "queue-full", "Queue is full");
    this.#queue.add(pooled);
    this.#scale();
    this.#watchSilence();
  }

  #refuse(pooled: PooledExchange, event: string, message: string): void {
    this.#counts.refused++;
    pooled.exchange.report("warn", event, message);
    pooled.fail(503, new DOMException(message, "TimeoutError"), RETRY_AFTER);
  }

  #refuseContent(pooled: PooledExchange, error: unknown): void {
    if (pooled.isOver) return;
    if (!(error instanceof ProtocolError)) return pooled.fail(500, error);
    pooled.exchange.report("warn", "request-refused", error.message, error);
    pooled.fail(error.status, error);
  }

  /** Hands over what waits, as far as workers are free. */
  #dispatch(): void {
    if (this.#queue.size === 0) return;
    const now = this.#clock.now();
    while (this.#queue.size > 0) {
      const worker = this.#freeWorker();
      if (worker === undefined) return;
      this.#handOver(this.#queue.take()!, worker, now);
    }
  }

  #handOver(pooled: PooledExchange, worker: PoolWorker, now: number): void {
    this.#queueTime.add(now - pooled.since);
    worker.handOver(pooled, now);
    if (worker.exchanges >= worker.quota) this.#recycle(worker);
    this.#watchSilence();
  }

  /** The least loaded of those that can be given more. */
  #freeWorker(): PoolWorker | undefined {
    let best: PoolWorker | undefined;
    for (const worker of this.#workers) {
      if (!worker.available) continue;
      if (best === undefined || worker.load < best.load) best = worker;
    }
    return best;
  }

  /** As long as a worker owes an answer: takes back what it has not started when others are free. */
  #watchSilence(): void {
    this.#watch ??= this.#clock.every(PATIENCE, () => {
      const now = this.#clock.now();
      let owing = false;
      for (const worker of this.#workers) {
        if (worker.settled) continue;
        owing = true;
        if (worker.silent(now) < PATIENCE || !this.#othersFree(worker)) continue;
        const unstarted = worker.takeBack();
        if (unstarted.length > 0) this.#queue.putBack(unstarted);
      }
      this.#dispatch();
      if (this.#queue.size > 0) return this.#scale();
      if (owing) return;
      this.#watch?.stop();
      this.#watch = undefined;
    });
  }

  #othersFree(worker: PoolWorker): boolean {
    for (const other of this.#workers) if (other !== worker && other.available) return true;
    return false;
  }

  #over(pooled: PooledExchange): void {
    if (pooled.holder === undefined) {
      this.#queue.remove(pooled);
      return;
    }
    this.#runTime.add(this.#clock.now() - pooled.handedOver);
    pooled.holder.release(pooled);
  }

  #disconnected(pooled: PooledExchange, reason: unknown): void {
    if (this.#queue.remove(pooled) || pooled.holder === undefined) return pooled.finish();
    pooled.holder.cancel(pooled, String(reason));
    if (this.#state === "stopping") pooled.finish();
  }

  /** Looks at everything that has a deadline. */
  #look(): void {
    const now = this.#clock.now();
    this.#lookAtQueue(now);
    for (const worker of this.#workers) {
      this.#lookAtExchanges(worker, now);
      this.#lookAtAge(worker, now);
      if (this.#state === "stopping" && worker.hopeless(now, GRACE)) void this.#kill(worker);
    }
    this.#scale();
  }

  #lookAtQueue(now: number): void {
    for (let first; (first = this.#queue.first) !== undefined;) {
      if (now - first.since < this.#options.queueTimeout) return;
      this.#queue.take();
      this.#refuse(first, "queue-timeout", "No worker became free in time");
    }
  }

  #lookAtExchanges(worker: PoolWorker, now: number): void {
    const { handlerTimeout, responseTimeout } = this.#options;
    for (const pooled of worker.held) {
      const elapsed = now - pooled.handedOver;
      const late = elapsed >= responseTimeout || (!pooled.headed && elapsed >= handlerTimeout);
      if (!late) continue;
      if (pooled.warned === undefined) {
        pooled.warned = now;
        worker.cancel(pooled, "The handler's time is over");
      } else if (now - pooled.warned >= GRACE) {
        this.#expire(worker, pooled);
      }
    }
  }

  /** A handler did not come back although it was told. */
  #expire(worker: PoolWorker, pooled: PooledExchange): void {
    pooled.exchange.report("error", "handler-timeout", "Handler did not answer in time");
    pooled.fail(504, new DOMException("The handler did not answer in time", "TimeoutError"));
    if (worker.settled) {
      // Its event loop turns: the others that it holds can finish, and it goes then.
      this.#counts.killedWorkers++;
      worker.retire();
      this.#scale();
      return;
    }
    void this.#kill(worker);
  }

  #overdue(worker: PoolWorker): void {
    if (worker.settled) void worker.kill();
    else void this.#kill(worker);
  }

  async #kill(worker: PoolWorker): Promise<void> {
    this.#counts.killedWorkers++;
    this.#dying++; // until it is known, the worst is assumed
    const ended = await worker.kill();
    this.#dying--;
    if (ended) return this.#scale();
    this.#counts.abandonedWorkers++;
    const message =
      `Worker ${worker.id} could not be ended: its thread goes on until it comes up ` +
      "for air";
    this.#log("error", "worker-abandoned", message);
    if (this.trouble !== undefined) this.#log("error", "pool-in-trouble", this.trouble);
  }

  #lookAtAge(worker: PoolWorker, now: number): void {
    if (worker.state === "starting" && now - worker.since >= BOOT_TIMEOUT) {
      if (this.#booting.has(worker)) return; // somebody waits for it, and no longer than that
      const message = `Worker ${worker.id} has not loaded the application in time`;
      this.#log("error", "application-failed", message);
      this.#postpone();
      return worker.retire();
    }
    if (worker.state !== "ready") return;
    const { maxWorkerAge, workerIdleTimeout } = this.#options;
    if (now - worker.since >= maxWorkerAge) return this.#recycle(worker);
    if (worker.load > 0) worker.lastBusy = now;
    if (now - worker.lastBusy < workerIdleTimeout) return;
    if (this.#present() > this.#minWorkers) worker.retire();
  }

  /** Replaces a worker; it goes on until its replacement is ready. */
  #recycle(worker: PoolWorker): void {
    if (worker.recycled || this.#clock.now() < this.#retryAt) return;
    worker.recycled = true;
    this.#boot(1).then(() => {
      this.#counts.recycledWorkers++;
      worker.retire();
    }, (error) => {
      worker.recycled = false; // it is better than none, and there will be another try
      if (this.#state !== "running") return;
      const message = `Worker ${worker.id} goes on: its replacement could not load the application`;
      this.#log("error", "application-failed", message, error);
    });
  }

  /** Starts what is missing. */
  #scale(): void {
    if (this.#state !== "running" || this.#clock.now() < this.#retryAt) return;
    const lost = this.#lost;
    const count = workersToStart({
      minWorkers: Math.max(0, this.#minWorkers - lost),
      maxWorkers: Math.max(0, this.#options.maxWorkers - lost),
      ready: this.#count((worker) => worker.state === "ready"),
      starting: this.#count((worker) => worker.state === "starting"),
      queued: this.#queue.size,
      available: this.#count((worker) => worker.available),
    });
    for (let i = 0; i < count; i++) this.#spawn();
  }

  /** Workers that are not replaced: their threads go on, and there shall not be ever more of them. */
  get #lost(): number {
    const { abandonedWorkers } = this.#counts;
    return Math.max(0, abandonedWorkers + this.#dying - this.#options.maxAbandonedWorkers);
  }

  /** Starts workers and waits until they are ready. */
  async #boot(count: number): Promise<void> {
    const booting = Array.from({ length: count }, () => {
      const worker = this.#spawn();
      const ready = Promise.withResolvers<void>();
      this.#booting.set(worker, ready);
      return { worker, ready: ready.promise };
    });
    try {
      await this.#withTimeout(Promise.all(booting.map(({ ready }) => ready)), BOOT_TIMEOUT);
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

  #spawn(): PoolWorker {
    const { url, name, exchangesPerWorker, maxExchangesPerWorker } = this.#options;
    this.#counts.spawned++;
    const spec = { id: ++this.#lastId, url: String(url), name, capacity: exchangesPerWorker };
    const worker = new PoolWorker(spec, this.#startThread, this.#workerOwner);
    worker.quota = exchangeQuota(maxExchangesPerWorker, Math.random());
    this.#workers.add(worker);
    return worker;
  }

  #workerReady(worker: PoolWorker): void {
    this.#failures = 0;
    this.#booting.get(worker)?.resolve();
    this.#booting.delete(worker);
    this.#dispatch();
  }

  #workerFailed(worker: PoolWorker, description: string): void {
    this.#workers.delete(worker);
    this.#postpone();
    const error = decodeLoadError(description);
    const waiting = this.#booting.get(worker);
    this.#booting.delete(worker);
    if (waiting !== undefined) waiting.reject(error);
    else this.#log("error", "application-failed", "Application could not be loaded", error);
    this.#noteEmpty();
  }

  #workerEnded(worker: PoolWorker, end: ThreadEnd, unstarted: readonly PooledExchange[]): void {
    this.#workers.delete(worker);
    if (!worker.loaded && end.cause !== "terminated") this.#postpone();
    if (this.#booting.has(worker)) {
      const reason = new ApplicationLoadError(`the worker has ended: ${end.cause} ${end.detail}`);
      this.#booting.get(worker)!.reject(reason);
      this.#booting.delete(worker);
    }
    if (end.cause !== "terminated") {
      this.#counts.crashedWorkers++;
      const message = `Worker ${worker.id} has ended: ${end.cause}, ${end.detail}`;
      this.#log("error", "worker-ended", message);
    }
    if (unstarted.length > 0) this.#queue.putBack(unstarted);
    this.#noteEmpty();
    this.#dispatch();
    this.#scale();
  }

  /** No worker is started again at once where one has just failed. */
  #postpone(): void {
    this.#failures++;
    this.#retryAt = this.#clock.now() + backOff(this.#failures);
  }

  #noteEmpty(): void {
    if (this.#workers.size === 0) this.#emptied?.();
  }

  #present(): number {
    return this.#count(({ state }) => state === "ready" || state === "starting");
  }

  #count(matches: (worker: PoolWorker) => boolean): number {
    let count = 0;
    for (const worker of this.#workers) if (matches(worker)) count++;
    return count;
  }

  #describe(worker: PoolWorker, now: number): WorkerStats {
    worker.cpuTime().then((time) => {
      if (time !== undefined) this.#cpuTimes.set(worker, time);
    });
    return {
      workerId: worker.id,
      state: worker.state,
      age: now - worker.since,
      exchanges: worker.exchanges,
      cpuTime: this.#cpuTimes.get(worker),
      work: [...worker.held].map((pooled) => ({
        requestId: pooled.exchange.requestId,
        method: pooled.exchange.head.method,
        target: pooled.exchange.head.target.raw,
        phase: pooled.headed ? "content" : "head",
        elapsed: now - pooled.handedOver,
      })),
    };
  }

  /** Waits for a promise, but not for ever. */
  async #withTimeout(promise: Promise<unknown>, timeout: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#clock.every(Math.min(timeout, 2 ** 31 - 1), late.resolve);
    try {
      await Promise.race([promise, late.promise]);
    } finally {
      timer.stop();
    }
  }

  #relay(text: string): void {
    const { level, event, message, error } = decodeLog(text);
    this.#log(level, event, message, error);
  }

  #log(level: LogLevel, event: string, message: string, error?: unknown): void {
    this.#options.onLog({ level, event, message, ...(error === undefined ? {} : { error }) });
  }
}

function threadsFor({ workerKind, maxWorkerHeap }: WorkerPoolOptions): ThreadFactory {
  return workerKind === "killable" ? killableThreads(maxWorkerHeap) : startWebThread;
}

function newCounts() {
  return {
    spawned: 0,
    refused: 0,
    killedWorkers: 0,
    crashedWorkers: 0,
    abandonedWorkers: 0,
    recycledWorkers: 0,
  };
}

function stopped(): DOMException {
  return new DOMException("The server has stopped", "AbortError");
}
