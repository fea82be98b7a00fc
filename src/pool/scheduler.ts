// Decides which worker gets an exchange: the least loaded of those that are free now. Where no worker is
// free, the exchange waits in the queue. Exchanges that a worker has not started while it computes are
// taken back from it when others are free.

import { DOMException, then } from "../io/platform.ts";
import type { ContentReader } from "../content/content_reader.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import type { WorkerSet } from "./worker_set.ts";
import { ExchangeQueue } from "./exchange_queue.ts";
import { ContentBudget } from "./content/content_budget.ts";
import { ContentStorage } from "./content/content_storage.ts";
import { ContentMoments, GatheredContent } from "./content/gathered_content.ts";
import { ContentSpool } from "./content/content_spool.ts";
import type { PoolContext } from "./pool_context.ts";
import { BUSY_AFTER, type PoolWorker } from "./pool_worker.ts";
import { PooledExchange, type PooledExchangeCallbacks, SMALL_CONTENT } from "./pooled_exchange.ts";
import { PacedRefusals } from "./paced_refusals.ts";
import { QueueBound } from "./queue_bound.ts";
import type { WorkerRecycling } from "./worker_recycling.ts";

/** Checks in a row without a worker to acknowledge anything before the checks end: a second. Starting them
 * anew costs as much as hundreds of checks. */
const MAX_IDLE_CHECKS = 250;
/** Milliseconds for which a client may take nothing of a response that blocks a worker while others wait for
 * one; half of `queueTimeout`, if that is less. */
const STALLED = 5_000;
/** `Retry-After` for a client that is rejected for lack of room, in seconds. */
const RETRY_AFTER = 1;

/** Hands exchanges to workers. */
export class Scheduler {
  readonly #context: PoolContext;
  readonly #workerSet: WorkerSet;
  readonly #recycling: WorkerRecycling;
  readonly #queue = new ExchangeQueue<PooledExchange>();
  readonly #bound: QueueBound;
  /** Exchanges for which the queue has no room. */
  readonly #refusals: PacedRefusals<PooledExchange>;
  readonly #exchangeCallbacks: PooledExchangeCallbacks;
  readonly #moments: ContentMoments;
  readonly #storage = new ContentStorage();
  readonly #budget: ContentBudget<PooledExchange>;
  readonly #spool: ContentSpool;
  #busyCheck: { stop(): void } | undefined;
  /** Exchanges that workers were handed and have not given back. */
  #handedOver = 0;

  /** @param context what the pool's parts share
   * @param workerSet the workers
   * @param recycling replaces those that have had enough exchanges */
  constructor(context: PoolContext, workerSet: WorkerSet, recycling: WorkerRecycling) {
    this.#context = context;
    this.#workerSet = workerSet;
    this.#recycling = recycling;
    this.#bound = new QueueBound(context.options);
    this.#refusals = new PacedRefusals(context.options.queueTimeout);
    this.#budget = new ContentBudget(context.options.maxBufferedContent);
    const { maxSpooledContent, maxSpoolFiles = Infinity } = context.options;
    this.#spool = new ContentSpool(maxSpooledContent, maxSpoolFiles, (error) => {
      const message =
        "Content cannot be kept in a temporary file: slow clients hold workers that block";
      context.log("warn", "cannot-spool-content", message, error);
    });
    this.#moments = new ContentMoments(context.clock, () => !workerSet.blocks);
    this.#exchangeCallbacks = {
      now: () => context.turn.now(),
      disconnected: (pooled, reason) => this.#disconnected(pooled, reason),
      over: (pooled) => this.#over(pooled),
      spoolResponse: () => this.#spool.openResponse(),
    };
  }

  /** Exchanges that wait for a worker. */
  get queued(): number {
    return this.#queue.size;
  }

  /** The exchanges that wait for a worker, and those that wait to be refused. */
  get waiting(): readonly PooledExchange[] {
    return [...this.#queue, ...this.#refusals];
  }

  /** How many may wait. */
  get queueSize(): number {
    return this.#bound.size;
  }

  /** Ends an exchange that waits.
   *
   * @param requestId its id
   * @returns whether it waited */
  kill(requestId: string): boolean {
    for (const pooled of this.waiting) {
      if (pooled.exchange.requestId !== requestId) continue;
      pooled.exchange.queueTime = Math.round(this.#context.turn.now() - pooled.since);
      pooled.failKilled();
      return true;
    }
    return false;
  }

  /** Runs an exchange in a worker. */
  execute(exchange: Exchange): Promise<void> {
    const pooled = new PooledExchange(exchange, this.#exchangeCallbacks);
    const { content, head: { framing, expectContinue } } = exchange;
    if (content === undefined) {
      this.#admit(pooled);
    } else if (framing.kind === "length" && framing.length <= SMALL_CONTENT && !expectContinue) {
      this.#gather(pooled, content, framing.length);
    } else if (this.#workerSet.blocks && this.#spool.enabled) {
      this.#takeIn(pooled, content, framing.kind === "length" ? framing.length : Infinity);
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
    this.#handedOver -= unstarted.length;
    this.#queue.putBack(unstarted);
  }

  /** Rejects the exchanges that have waited for too long, and those for which there is no room. */
  rejectLate(now: number): void {
    const { queueTimeout } = this.#context.options;
    for (const pooled of this.#budget.takeLate(now - queueTimeout)) {
      if (!pooled.isOver) this.#reject(pooled, "queue-timeout", "No memory became free in time");
    }
    for (let first; (first = this.#queue.first) !== undefined;) {
      if (now - first.since < queueTimeout) break;
      this.#queue.take();
      this.#reject(first, "queue-timeout", "No worker became free in time");
    }
    this.#bound.update(now, this.#handedOver, this.#queue.size > 0);
    if (this.#bound.grows) this.#admitRefused();
    if (!this.#bound.judges) return;
    for (const pooled of this.#refusals.takeDue()) this.#rejectForRoom(pooled);
  }

  /** Cuts the response whose client has taken nothing for longest, if its worker is blocked meanwhile and
   * others wait for one: such a client costs its own response only. */
  cutStalled(now: number): void {
    const { first } = this.#queue;
    if (first === undefined || !this.#workerSet.blocks) return;
    let stalled: PooledExchange | undefined;
    let longest = Math.min(STALLED, this.#context.options.queueTimeout / 2);
    if (now - first.since < longest / 2) return;
    for (const worker of this.#workerSet.workers) {
      for (const pooled of worker.held) {
        const time = pooled.stalledFor(now);
        if (time < longest) continue;
        stalled = pooled;
        longest = time;
      }
    }
    stalled?.cutStalled();
  }

  /** Rejects all exchanges that wait. */
  rejectAll(): void {
    for (const pooled of this.#budget.takeLate(Infinity)) pooled.fail(503, stopped());
    for (const pooled of this.waiting) pooled.fail(503, stopped());
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

  /** Takes short content into memory, as far as there is room for it. Where there is none, the application
   * reads the content itself; one that would block meanwhile gets it later. */
  #gather(pooled: PooledExchange, content: ContentReader, length: number): void {
    if (this.#budget.reserve(length)) {
      pooled.reserved = length;
      this.#await(pooled, content, length);
    } else if (this.#workerSet.blocks && this.#budget.admits(length)) {
      pooled.since = this.#context.turn.now();
      this.#budget.wait(pooled, length, pooled.since, () => {
        pooled.reserved = length;
        if (pooled.isOver) this.#release(pooled);
        else this.#await(pooled, content, length);
      });
    } else {
      pooled.payload = true;
      this.#admit(pooled);
    }
  }

  /** Takes in the content of a request whose application blocks. The wait takes no worker. */
  #takeIn(pooled: PooledExchange, content: ContentReader, length: number): void {
    const spooled = this.#spool.open(content, length, (octets) => {
      if (pooled.isOver || !this.#budget.reserve(octets)) return false;
      pooled.reserved += octets;
      return true;
    });
    pooled.content = pooled.spooled = spooled;
    then(spooled.gather(), (octets) => {
      pooled.payload = octets;
      this.#admit(pooled);
    }, (error) => this.#rejectContent(pooled, error));
  }

  /** Gives the room for an exchange's content to others. */
  #release(pooled: PooledExchange): void {
    const { reserved } = pooled;
    if (reserved === 0) return;
    pooled.reserved = 0;
    this.#budget.release(reserved);
  }

  /** Awaits short content, for a moment or, where the application would block for it, until it has come.
   * The wait takes no worker. */
  #await(pooled: PooledExchange, content: ContentReader, length: number): void {
    const arrived = content.takeAll(true);
    if (arrived !== undefined) {
      pooled.payload = arrived;
      return this.#admit(pooled);
    }
    const storage = this.#storage.lend(length);
    const gathered = new GatheredContent(content, length, storage);
    then(gathered.gather(), (octets) => {
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
    if (!this.#bound.allows(this.#queue.size)) return this.#refuse(pooled);
    this.#queue.add(pooled);
    this.dispatch();
    this.#workerSet.scale();
    this.#reclaimFromBusy();
  }

  /** Has an exchange rejected for which the queue has no room. The next sweep may find room in a queue that
   * grows. */
  #refuse(pooled: PooledExchange): void {
    if (!this.#bound.grows && this.#refusals.takeOne()) this.#rejectForRoom(pooled);
    else this.#refusals.add(pooled);
  }

  #admitRefused(): void {
    if (this.#refusals.size === 0) return;
    while (this.#refusals.size > 0 && this.#bound.allows(this.#queue.size)) {
      this.#queue.add(this.#refusals.take()!);
    }
    this.dispatch();
  }

  #rejectForRoom(pooled: PooledExchange): void {
    this.#reject(pooled, "queue-full", "Queue is full");
  }

  #reject(pooled: PooledExchange, event: string, message: string): void {
    this.#context.counts.refused++;
    pooled.exchange.queueTime = Math.round(this.#context.turn.now() - pooled.since);
    pooled.exchange.report("warn", event, message);
    pooled.fail(503, message, RETRY_AFTER);
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
    this.#handedOver++;
    worker.handOver(pooled, now);
    // Content that is given in pieces stays here until the worker has taken it.
    if (pooled.spooled === undefined) this.#release(pooled);
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
        if (unstarted.length > 0) this.putBack(unstarted);
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
    pooled.freeSpool();
    this.#release(pooled);
    const { payload } = pooled;
    // A worker that has begun to respond has its own copy.
    if (pooled.headReceived && payload instanceof Uint8Array) this.#storage.giveBack(payload);
    pooled.payload = null;
    if (pooled.holder === undefined) {
      if (!this.#queue.remove(pooled)) this.#refusals.remove(pooled);
      return;
    }
    this.#context.runTime.add(this.#context.turn.now() - pooled.handedOver);
    pooled.holder.release(pooled);
  }

  #disconnected(pooled: PooledExchange, reason: unknown): void {
    if (this.#queue.remove(pooled) || this.#refusals.remove(pooled)) {
      pooled.exchange.queueTime = Math.round(this.#context.turn.now() - pooled.since);
      return pooled.finish();
    }
    if (pooled.holder === undefined) return pooled.finish();
    // Before the head of the response this is mostly the end of the client's side, and it may still take the
    // response. A thread that blocks could not read or send on; if its client has left, the first write tells.
    const mayBeThere = pooled.holder.blocks && !pooled.exchange.responding;
    if (mayBeThere && this.#context.state === "running") return;
    const stopping = this.#context.state === "stopping";
    const text = reason instanceof Error ? reason.message : String(reason);
    const { ended, responding } = pooled.exchange;
    pooled.holder.cancel(pooled, text, !stopping && !responding && !ended);
    if (stopping) pooled.finish();
  }
}

/** Handlers at work count first. Open streams cost little, but they are spread too. */
function isLessLoaded(one: PoolWorker, other: PoolWorker): boolean {
  return one.working === other.working ? one.load < other.load : one.working < other.working;
}

function stopped(): DOMException {
  return new DOMException("The server has stopped", "AbortError");
}
