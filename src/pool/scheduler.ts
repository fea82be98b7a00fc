// Decides which worker gets an exchange: the least loaded of those that are free now. Where no worker is
// free, the exchange waits in the queue. Exchanges that a worker has not started while it computes are
// taken back from it when others are free.

import type { ContentReader } from "../content/content_reader.ts";
import { FramedReader } from "../content/framed_reader.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import type { WorkerSet } from "./worker_set.ts";
import { ExchangeQueue } from "./exchange_queue.ts";
import { ContentMoments, GatheredContent } from "./gathered_content.ts";
import type { PoolContext } from "./pool_context.ts";
import { BUSY_AFTER, type PoolWorker } from "./pool_worker.ts";
import { PooledExchange, type PooledExchangeCallbacks, SMALL_CONTENT } from "./pooled_exchange.ts";
import type { WorkerRecycling } from "./worker_recycling.ts";

/** Checks in a row without a worker to acknowledge anything before the checks end: a second. Starting them
 * anew costs as much as hundreds of checks. */
const MAX_IDLE_CHECKS = 250;
/** `Retry-After` for a client that is rejected for lack of room, in seconds. */
const RETRY_AFTER = 1;

/** Hands exchanges to workers. */
export class Scheduler {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;
  readonly #recycling: WorkerRecycling;
  readonly #queue: ExchangeQueue<PooledExchange>;
  readonly #exchangeCallbacks: PooledExchangeCallbacks;
  readonly #moments: ContentMoments;
  #busyCheck: { stop(): void } | undefined;

  /** @param context what the pool's parts share
   * @param workerSet the workers
   * @param recycling replaces those that have had enough exchanges */
  constructor(context: PoolContext, workerSet: WorkerSet, recycling: WorkerRecycling) {
    this.#context = context;
    this.#workerSet = workerSet;
    this.#recycling = recycling;
    this.#queue = new ExchangeQueue(context.options.queueSize);
    this.#moments = new ContentMoments(context.clock, () => !workerSet.blocks);
    this.#exchangeCallbacks = {
      now: () => context.turn.now(),
      disconnected: (pooled, reason) => this.#disconnected(pooled, reason),
      over: (pooled) => this.#over(pooled),
    };
  }

  /** Exchanges that wait for a worker. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Runs an exchange in a worker. */
  execute(exchange: Exchange): Promise<void> {
    const pooled = new PooledExchange(exchange, this.#exchangeCallbacks);
    const { content, head: { framing, expectContinue } } = exchange;
    if (content === undefined) {
      this.#admit(pooled);
    } else if (framing.kind === "length" && framing.length <= SMALL_CONTENT && !expectContinue) {
      this.#gather(pooled, content, framing.length);
    } else {
      pooled.payload = true;
      this.#admit(pooled);
    }
    return pooled.responded;
  }

  /** Hands over exchanges that wait, as far as workers are free. */
  dispatch(): void {
    if (this.#queue.size === 0) return;
    const now = this.#context.clock.now();
    while (this.#queue.size > 0) {
      const worker = this.#freeWorker(now) ??
        this.#leastLoaded((worker) => worker.acceptsPrefetch(now));
      if (worker === undefined) return;
      this.#handOver(this.#queue.take()!, worker, now);
    }
  }

  /** Puts exchanges that a worker had not started before all others that wait. */
  putBack(unstarted: readonly PooledExchange[]): void {
    this.#queue.putBack(unstarted);
  }

  /** Rejects the exchanges that have waited for too long. */
  rejectLate(now: number): void {
    for (let first; (first = this.#queue.first) !== undefined;) {
      if (now - first.since < this.#context.options.queueTimeout) return;
      this.#queue.take();
      this.#reject(first, "queue-timeout", "No worker became free in time");
    }
  }

  /** Rejects all exchanges that wait. */
  rejectAll(): void {
    for (const pooled of this.#queue) pooled.fail(503, stopped());
  }

  /** Gives the places of exchanges that wait for their clients to others. */
  freeWaitingPlaces(now: number): void {
    for (const worker of this.#workerSet.workers) worker.freeWaitingPlaces(now);
  }

  /** Ends all ticks. */
  close(): void {
    this.#moments.close();
    this.#endBusyCheck();
  }

  #endBusyCheck(): void {
    this.#busyCheck?.stop();
    this.#busyCheck = undefined;
  }

  /** Awaits short content, for a moment or, where the application would block for it, until it has come.
   * The wait takes no worker. */
  #gather(pooled: PooledExchange, content: ContentReader, length: number): void {
    const arrived = content instanceof FramedReader ? content.takeArrived() : undefined;
    if (arrived?.length === length) {
      pooled.payload = arrived;
      return this.#admit(pooled);
    }
    const gathered = new GatheredContent(content, length, arrived);
    gathered.gather().then((octets) => {
      pooled.payload = octets;
      if (octets === true) pooled.content = gathered;
      this.#admit(pooled);
    }, (error) => this.#rejectContent(pooled, error));
    this.#moments.watch(gathered);
  }

  #admit(pooled: PooledExchange): void {
    if (pooled.isOver) return;
    const now = pooled.since = this.#context.turn.now();
    if (this.#context.state !== "running") return pooled.fail(503, stopped(), RETRY_AFTER);
    if (this.#workerSet.isEmptyForGood) {
      return this.#reject(pooled, "pool-in-trouble", "No worker is left");
    }
    if (this.#queue.size === 0) {
      const worker = this.#freeWorker(now);
      if (worker !== undefined) return this.#handOver(pooled, worker, now);
    }
    if (this.#queue.full) return this.#reject(pooled, "queue-full", "Queue is full");
    this.#queue.add(pooled);
    this.dispatch();
    this.#workerSet.scale();
    this.#reclaimFromBusy();
  }

  #reject(pooled: PooledExchange, event: string, message: string): void {
    this.#context.counts.refused++;
    pooled.exchange.queueTime = Math.round(this.#context.turn.now() - pooled.since);
    pooled.exchange.report("warn", event, message);
    pooled.fail(503, new DOMException(message, "TimeoutError"), RETRY_AFTER);
  }

  #rejectContent(pooled: PooledExchange, error: unknown): void {
    if (pooled.isOver) return;
    if (!(error instanceof ProtocolError)) {
      pooled.exchange.outcome ??= "client-left"; // the connection failed under the read
      return pooled.fail(500, error);
    }
    pooled.exchange.report("warn", "request-refused", error.message, error);
    pooled.fail(error.status, error);
  }

  #handOver(pooled: PooledExchange, worker: PoolWorker, now: number): void {
    this.#context.queueTime.add(now - pooled.since);
    worker.handOver(pooled, now);
    if (worker.exchanges >= worker.quota) this.#recycling.recycle(worker);
    this.#reclaimFromBusy();
  }

  #freeWorker(now: number): PoolWorker | undefined {
    return this.#leastLoaded((worker) => worker.available(now));
  }

  /** The least loaded of those that fit, unless one is about to be woken for quick exchanges. */
  #leastLoaded(fits: (worker: PoolWorker) => boolean): PoolWorker | undefined {
    let best: PoolWorker | undefined;
    for (const worker of this.#workerSet.workers) {
      if (!fits(worker)) continue;
      if (worker.canJoinBatch) return worker;
      if (best === undefined || isLessLoaded(worker, best)) best = worker;
    }
    return best;
  }

  /** While a worker has not acknowledged everything: takes back what it has not started when others are
   * free. */
  #reclaimFromBusy(): void {
    if (this.#busyCheck !== undefined) return;
    let idleChecks = 0;
    this.#busyCheck = this.#context.clock.every(BUSY_AFTER, () => {
      const now = this.#context.clock.now();
      let owing = false;
      for (const worker of this.#workerSet.workers) {
        if (worker.allAcknowledged) continue;
        owing = true;
        if (!worker.seemsBusy(now)) continue;
        worker.collect();
        if (!this.#othersFree(worker, now)) continue;
        const unstarted = worker.takeBack();
        if (unstarted.length > 0) this.#queue.putBack(unstarted);
      }
      this.dispatch();
      if (this.#queue.size > 0) return this.#workerSet.scale();
      idleChecks = owing ? 0 : idleChecks + 1;
      if (idleChecks >= MAX_IDLE_CHECKS) this.#endBusyCheck();
    });
  }

  #othersFree(worker: PoolWorker, now: number): boolean {
    for (const other of this.#workerSet.workers) {
      if (other !== worker && other.available(now)) return true;
    }
    return false;
  }

  #over(pooled: PooledExchange): void {
    if (pooled.holder === undefined) {
      this.#queue.remove(pooled);
      return;
    }
    this.#context.runTime.add(this.#context.turn.now() - pooled.handedOver);
    pooled.holder.release(pooled);
  }

  #disconnected(pooled: PooledExchange, reason: unknown): void {
    if (this.#queue.remove(pooled)) {
      pooled.exchange.queueTime = Math.round(this.#context.turn.now() - pooled.since);
      return pooled.finish();
    }
    if (pooled.holder === undefined) return pooled.finish();
    pooled.holder.cancel(pooled, reason instanceof Error ? reason.message : String(reason));
    if (this.#context.state === "stopping") pooled.finish();
  }
}

/** Handlers at work count first. Open streams cost little, but they are spread too. */
function isLessLoaded(one: PoolWorker, other: PoolWorker): boolean {
  return one.working === other.working ? one.load < other.load : one.working < other.working;
}

function stopped(): DOMException {
  return new DOMException("The server has stopped", "AbortError");
}
