// One worker, as the pool sees it: the exchanges that it holds, whether it can be given more, and how it
// ends. A worker that has not acknowledged its last batch is inside a synchronous stretch of a handler,
// so it gets nothing more until it has.

import { clearTimeout, DOMException, setTimeout } from "../io/platform.ts";
import type { PoolContext } from "./pool_context.ts";
import { ExchangeCost } from "./exchange_cost.ts";
import type { PooledExchange } from "./pooled_exchange.ts";
import { FromWorker, type Payload, ToWorker, WIRE_VERSION } from "./wire/messages.ts";
import { MAX_SLOTS, SlotMap } from "./wire/slot_map.ts";
import type { WorkerChannel } from "./wire/worker_channel.ts";
import type { WorkerEnd, WorkerFactory, WorkerHandle } from "./worker_thread.ts";

/** `starting` until its application is loaded; `retiring` takes nothing more; `ended` has ended. */
export type WorkerState = "starting" | "ready" | "retiring" | "ended";

/** The exchanges that a worker held when it ended. */
export interface HeldExchanges {
  /** Those that another worker can have: it had not started them, or they are tried again. */
  readonly unstarted: readonly PooledExchange[];
  /** Those that it had started. */
  readonly lost: readonly PooledExchange[];
}

/** What a worker calls. */
export interface PoolWorkerCallbacks {
  /** Its application is loaded. */
  ready(worker: PoolWorker): void;
  /** Its event loop has turned, or it holds less: it may be given more. */
  eased(worker: PoolWorker): void;
  /** It has ended. */
  ended(worker: PoolWorker, end: WorkerEnd, exchanges: HeldExchanges): void;
  /** It could not load its application. */
  failed(worker: PoolWorker, description: string): void;
  /** It was told to stop and has not stopped in time. */
  overdue(worker: PoolWorker): void;
  /** It has a line for the log that belongs to no exchange. */
  log(text: string, workerId: number): void;
  /** It is to be ended.
   *
   * @returns whether its thread has really ended */
  terminate(handle: WorkerHandle, worker: PoolWorker): Promise<boolean>;
}

/** A worker that is busy for so many milliseconds is taken to compute. Long enough that a batch of quick
 * handlers is not torn apart, short against anything that a person notices. */
export const BUSY_AFTER = 4;

/** Exchanges that a worker whose application blocks may have beyond those that it holds, while it
 * responds quickly. Those that it has not started are taken back like any other. */
const PREFETCH = 16;

/** CPU microseconds that a batch may cost. Its responses leave together, so the first of them waits as
 * long for the last. */
const BATCH_COST = 500;

/** How often a worker is asked that has acknowledged everything and holds exchanges. */
const PING_INTERVAL = 1_000;

/** Milliseconds between two checks of a worker after which this thread itself was away. */
const LONG_AWAY = 1_000;

/** Milliseconds for which an exchange waits for its client before its place is given to another. The content
 * of a quick upload comes sooner, piece by piece. */
const PLACE_GRACE = 20;

/** How long `onWorkerStop` may take. */
const STOP_TIMEOUT = 2_000;

const EXCHANGE_OVER = "The response is not wanted any more";

/** One worker of a pool. */
export class PoolWorker {
  readonly id: number;
  /** When it was started. */
  readonly since: number;
  /** When it last held something. */
  lastBusy: number;
  /** Exchanges that it was handed. */
  exchanges = 0;
  /** Exchanges after which it is replaced. */
  quota = Infinity;
  /** Whether its replacement is on its way. */
  recycled = false;
  /** Whether it has ever loaded its application. */
  loaded = false;
  /** Whether it is to be replaced, because a handler has not responded in time. */
  failing = false;
  /** Exchanges that it did not respond to: those that were late, and those that it held when it ended. */
  readonly failed: PooledExchange[] = [];

  readonly #callbacks: PoolWorkerCallbacks;
  readonly #blockingCapacity: number;
  readonly #pingInterval: number;
  readonly #retries: boolean;
  #capacity: number;
  #blocks = false;
  /** Whether it runs each exchange in a thread of its process. */
  readonly #hasThreads: boolean;
  readonly #held = new SlotMap<PooledExchange>();
  /** How many of them take a place of `exchangesPerWorker`: those whose handler is at work. */
  #working = 0;
  readonly #cost = new ExchangeCost();
  readonly #handle: WorkerHandle;
  readonly #channel: WorkerChannel;
  #state: WorkerState = "starting";
  /** Whether anything has come from it since `checkLoop` was called. */
  #heard = false;
  /** When that was last so, or when it was last blocked for a reply of ours. */
  #heardAt: number;
  #pingedAt = -Infinity;
  #checkedAt: number;
  #stopTimer: ReturnType<typeof setTimeout> | undefined;
  #termination: Promise<boolean> | undefined;

  /** Starts the worker.
   *
   * @param id its number
   * @param context what the pool's parts share
   * @param startWorker starts it
   * @param callbacks what it calls */
  constructor(
    id: number,
    { clock, options, workerKind }: PoolContext,
    startWorker: WorkerFactory,
    callbacks: PoolWorkerCallbacks,
  ) {
    this.id = id;
    this.#callbacks = callbacks;
    this.#capacity = options.exchangesPerWorker;
    this.#hasThreads = workerKind === "process";
    this.#blockingCapacity = options.exchangesPerBlockingWorker;
    this.#retries = options.retryIdempotent;
    this.#pingInterval = Math.min(PING_INTERVAL, options.workerTimeout / 2);
    this.since =
      this.lastBusy =
      this.#heardAt =
      this.#checkedAt =
        clock.now();
    const data = {
      wireVersion: WIRE_VERSION,
      workerId: id,
      app: options.app,
      ...(options.captureOutput === true ? { captureOutput: true } : {}),
      // Also with one worker: while it is replaced there are two.
      server: {
        name: options.serverName,
        software: options.software,
        protocol: options.protocol,
        multiprocess: true,
        ...(options.webSocket === undefined ? {} : { webSocket: options.webSocket }),
      },
    };
    this.#handle = startWorker({ data, slotCount: MAX_SLOTS }, {
      now: () => clock.now(),
      onMessage: (kind, id, text, payload) => this.#take(kind, id, text, payload),
      onAcknowledged: (cpuTime) => this.#acknowledged(cpuTime),
      onFault: (error) => this.#fault(error),
      onEnd: (end) => this.#end(end),
    });
    this.#channel = this.#handle.channel;
  }

  /** Where it is in its life. */
  get state(): WorkerState {
    return this.#state;
  }

  /** How many exchanges it holds. */
  get load(): number {
    return this.#held.size;
  }

  /** How many handlers are at work in it. A response that is being sent, and an exchange that waits for
   * its client, cost it next to nothing. */
  get working(): number {
    return this.#working;
  }

  /** Whether its application blocks the thread; known once it is ready. */
  get blocks(): boolean {
    return this.#blocks;
  }

  /** CPU time of its thread in microseconds, as last sent. */
  get cpuTime(): number | undefined {
    return this.#cost.cpuTime;
  }

  /** Whether another exchange had better join those that are about to leave for it. Waking one thread for
   * a dozen that cost little is quicker for all of them than waking two. */
  get canJoinBatch(): boolean {
    return !this.#blocks && this.#joinable;
  }

  /** The exchanges that it holds. */
  get held(): Iterable<PooledExchange> {
    return this.#held;
  }

  /** Whether another exchange may be handed to it now. */
  available(now: number): boolean {
    return this.soonAvailable(now) &&
      (this.#joinable || this.#channel.fits(this.#channel.unsentOffers > 0 ? 2 : 1));
  }

  /** Whether it is available, or will be once its event loop has turned, which should be soon. */
  soonAvailable(now: number): boolean {
    return this.#hasRoom(this.#capacity) && !this.seemsBusy(now);
  }

  /** Whether an exchange may be handed to it that it will not start at once: it runs one after the other
   * and quickly, and would wait for each on its way here. */
  acceptsPrefetch(now: number): boolean {
    return this.#blocks && this.#channel.acknowledgesQuickly && this.#channel.fits(1) &&
      this.#hasRoom(this.#capacity + PREFETCH) && !this.seemsBusy(now);
  }

  /** Whether it is taken to be inside a computation. */
  seemsBusy(now: number): boolean {
    return this.unacknowledgedFor(now) >= BUSY_AFTER;
  }

  /** Whether its event loop is known to turn. */
  get allAcknowledged(): boolean {
    return this.#channel.allAcknowledged;
  }

  /** Milliseconds since the oldest batch left that it has not acknowledged; 0 when it has all. */
  unacknowledgedFor(now: number): number {
    return this.#channel.unacknowledgedFor(now);
  }

  /** Milliseconds for which it has not come back to its event loop. An application that blocks does so only
   * after several exchanges, so whatever comes from the worker counts too, and the wait for content or for
   * the client does not count. */
  awayFor(now: number): number {
    return this.#heard ? 0 : Math.min(this.unacknowledgedFor(now), now - this.#heardAt);
  }

  /** Milliseconds for which the longest silent of its exchanges has sent nothing, where each blocks a thread
   * and the others may respond meanwhile. */
  longestSilence(now: number): number {
    if (!this.#hasThreads || this.#capacity === 1) return 0;
    let longest = 0;
    for (const pooled of this.#held) {
      if (!pooled.isOver) longest = Math.max(longest, pooled.silentFor(now));
    }
    return longest;
  }

  /** Notes whether anything has come from it. Where its loop cannot be judged otherwise, asks whether it
   * turns: a handler may compute after it has waited. */
  checkLoop(now: number): void {
    const channel = this.#channel;
    // A process that was stopped, or a machine that slept, says nothing about the worker.
    const wasAway = now - this.#checkedAt >= LONG_AWAY;
    this.#checkedAt = now;
    if (this.#heard || wasAway || channel.replies.awaited) this.#heardAt = now;
    this.#heard = false;
    if (this.#held.size === 0 || !channel.allAcknowledged) return;
    if (now - this.#pingedAt < this.#pingInterval) return;
    this.#pingedAt = now;
    channel.send(ToWorker.ping, 0, "");
  }

  /** Hands an exchange over. */
  handOver(pooled: PooledExchange, now: number): void {
    const channel = this.#channel;
    if (channel.unsentOffers > 0 && !this.#joinable) channel.flush();
    const { exchange } = pooled;
    exchange.queueTime = Math.round(now - pooled.since);
    exchange.workerId = this.id;
    const id = channel.offer(exchange, pooled.payload);
    this.#held.set(id, pooled);
    pooled.takesPlace = true;
    this.#working++;
    this.exchanges++;
    this.lastBusy = now;
    pooled.handOver(this, channel, id, now);
  }

  /** Takes responses that it has finished before it began to compute. */
  collect(): void {
    this.#channel.collect();
  }

  /** Takes back everything that it has not started.
   *
   * @returns the exchanges that were taken back and are still wanted, in order */
  takeBack(): PooledExchange[] {
    const unstarted: PooledExchange[] = [];
    for (const [id, pooled] of this.#held.entries()) {
      if (!this.#channel.takeBack(id)) continue;
      this.#remove(pooled);
      if (pooled.abandoned) pooled.finish();
      else if (!pooled.isOver) unstarted.push(pooled);
    }
    this.#stopIfDone();
    return unstarted;
  }

  /** Tells the application that an exchange's time is over, or its client gone. */
  cancel(pooled: PooledExchange, reason: string): void {
    this.#channel.send(ToWorker.abort, pooled.id, reason);
    pooled.unblock(reason); // a thread that is blocked sees no message
  }

  /** Removes an exchange that is over. */
  release(pooled: PooledExchange): void {
    if (this.#held.get(pooled.id) !== pooled) return;
    this.#remove(pooled);
    this.#channel.replies.abort(pooled.id, EXCHANGE_OVER);
    this.#channel.release(pooled.id);
    this.#stopIfDone();
    this.#callbacks.eased(this);
  }

  /** Notes that an exchange's handler is not at work any more: another one may be. */
  freePlace(pooled: PooledExchange): void {
    if (!pooled.takesPlace) return;
    pooled.takesPlace = false;
    this.#working--;
    this.#callbacks.eased(this);
  }

  /** Notes that an exchange's handler is at work again. There may be more of them than places then. */
  takePlace(pooled: PooledExchange): void {
    if (pooled.takesPlace || this.#held.get(pooled.id) !== pooled) return;
    pooled.takesPlace = true;
    this.#working++;
  }

  /** Frees the places of exchanges that wait for their clients. */
  freeWaitingPlaces(now: number): void {
    if (this.#blocks) return; // such a thread waits itself
    for (const pooled of this.#held) {
      if (pooled.waitingFor(now) >= PLACE_GRACE) this.freePlace(pooled);
    }
  }

  /** Takes nothing more; stops when it holds nothing more. */
  retire(): void {
    if (this.#state !== "ready" && this.#state !== "starting") return;
    const started = this.#state === "ready";
    this.#state = "retiring";
    for (const pooled of this.#held) pooled.depart("reload");
    if (started) this.#stopIfDone();
    else void this.terminate();
  }

  /** Whether it retires, all of its exchanges are abandoned, and it has acknowledged nothing for so many
   * milliseconds. */
  canBeKilled(now: number, patience: number): boolean {
    if (this.#state !== "retiring" || this.unacknowledgedFor(now) < patience) return false;
    for (const pooled of this.#held) if (!pooled.abandoned) return false;
    return true;
  }

  /** Ends its thread, even while it computes.
   *
   * @param end why, where that is not the pool's own decision
   * @returns whether the thread has really ended */
  terminate(end?: WorkerEnd): Promise<boolean> {
    if (end !== undefined) this.#end(end);
    return this.#termination ??= this.#callbacks.terminate(this.#handle, this);
  }

  #take(kind: number, id: number, text: string, payload: Payload): void {
    this.#heard = true;
    const pooled = id === 0 ? undefined : this.#held.get(id);
    if (pooled !== undefined) pooled.take(kind, text, payload);
    else this.#takeOwn(kind, id, text, payload);
  }

  /** Takes a message that belongs to no exchange that it holds. */
  #takeOwn(kind: number, id: number, text: string, payload: Payload): void {
    switch (kind) {
      case FromWorker.ready:
        if (this.#state !== "starting") return;
        this.#state = "ready";
        this.loaded = true;
        this.#blocks = payload === true;
        if (this.#blocks) this.#capacity = this.#blockingCapacity;
        return this.#callbacks.ready(this);
      case FromWorker.failed:
        if (this.loaded) return this.#fault(new TypeError("It has loaded its application"));
        this.#state = "ended";
        void this.terminate();
        return this.#callbacks.failed(this, text);
      case FromWorker.log:
        return this.#callbacks.log(text, this.id);
      case FromWorker.awaitContent: // the exchange is over
      case FromWorker.awaitCredit:
        return this.#channel.replies.abort(id, EXCHANGE_OVER);
      case FromWorker.track: // sent after the response has gone
        return this.#channel.send(ToWorker.settled, id, "");
      case FromWorker.stopped:
        return void this.terminate();
      case FromWorker.exiting:
        return void this.terminate({ cause: "exit", detail: `${text}, code ${payload}` });
      case FromWorker.exhausted:
        return void this.terminate({ cause: "memory", detail: text });
    }
  }

  #acknowledged(cpuTime: number | undefined): void {
    this.#heard = true;
    if (cpuTime !== undefined) this.#cost.note(cpuTime, this.exchanges - this.#held.size);
    this.#callbacks.eased(this);
  }

  #hasRoom(capacity: number): boolean {
    return this.#state === "ready" && this.#working < capacity && this.#channel.hasRoom;
  }

  #remove(pooled: PooledExchange): void {
    this.#held.delete(pooled.id);
    if (pooled.takesPlace) this.#working--;
    pooled.takesPlace = false;
  }

  /** Whether another exchange may join the batch that has not left. The responses of a batch leave
   * together, so nothing may be in one with others that could turn out to compute; where the application
   * blocks, each response leaves by itself. */
  get #joinable(): boolean {
    const { unsentOffers } = this.#channel;
    return unsentOffers > 0 &&
      (this.#blocks || (unsentOffers + 1) * this.#cost.cost <= BATCH_COST);
  }

  /** A worker that takes nothing more stops when it holds nothing more. */
  #stopIfDone(): void {
    if (this.#state !== "retiring" || this.#held.size > 0 || this.#stopTimer !== undefined) return;
    this.#stopTimer = setTimeout(() => this.#callbacks.overdue(this), STOP_TIMEOUT);
    this.#channel.send(ToWorker.stop, 0, "");
    this.#channel.flush();
  }

  #fault(error: unknown): void {
    void this.terminate({ cause: "error", detail: "its message was not understood", error });
  }

  #end(end: WorkerEnd): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    clearTimeout(this.#stopTimer);
    this.#channel.close();
    const unstarted = this.takeBack();
    // A request that has kept a worker away from its event loop would keep the next one too.
    const retries = this.#retries && end.cause !== "timeout";
    const retried: PooledExchange[] = [];
    const lost = [...this.#held].filter(({ responseReceived }) => !responseReceived);
    this.failed.push(...lost);
    this.#held.clear();
    this.#working = 0;
    for (const pooled of lost) {
      if (retries && pooled.canBeRetried) {
        pooled.retried = true;
        retried.push(pooled);
        continue;
      }
      const late = end.cause === "timeout" || pooled.abortedAt !== undefined;
      const reason = new DOMException(`The worker has ended: ${end.cause}`, "AbortError");
      pooled.fail(late ? 504 : 500, reason);
    }
    this.#callbacks.ended(this, end, { unstarted: [...retried, ...unstarted], lost });
  }
}
