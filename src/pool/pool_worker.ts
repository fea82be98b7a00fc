// One worker, as the pool sees it: what it holds, whether it can be given more, and how it ends. A
// worker that has not answered its last batch is inside a synchronous stretch of somebody's handler, so
// it gets nothing more until it has.

import type { ServerInfo } from "../exchange/exchange.ts";
import type { AppTree } from "../application/application_tree.ts";
import { BlockingServer, createChannel } from "./wire/blocking_channel.ts";
import { SlotMap } from "./wire/slot_map.ts";
import { type BatchMember, FromWorker, STRIDE, ToWorker, WIRE_VERSION } from "./wire/messages.ts";
import { MessageBatcher } from "./wire/message_batcher.ts";
import { ExchangeCost } from "./exchange_cost.ts";
import { ExchangeSlots } from "./wire/exchange_slots.ts";
import type { PooledExchange, WayToWorker } from "./pooled_exchange.ts";
import { encodeRequest } from "./wire/request_codec.ts";
import { BatchWindow, PATIENCE } from "./wire/batch_window.ts";
import type { ThreadEnd, ThreadFactory, WorkerThread } from "./worker_thread.ts";

/** `starting` until its application is loaded; `retiring` takes nothing more; `ended` is gone. */
export type WorkerState = "starting" | "ready" | "retiring" | "ended";

/** Who is told about a worker's life. */
export interface PoolWorkerCallbacks {
  now(): number;
  /** Its application is loaded. */
  ready(worker: PoolWorker): void;
  /** Its event loop has come round, or it holds less: it may be given more. */
  eased(worker: PoolWorker): void;
  /** It has ended, with what it held and had not started. */
  ended(worker: PoolWorker, end: ThreadEnd, unstarted: readonly PooledExchange[]): void;
  /** It could not load its application. */
  failed(worker: PoolWorker, description: string): void;
  /** It was told to stop and has not done so in time. */
  overdue(worker: PoolWorker): void;
  /** It says something that belongs to no exchange. */
  log(worker: PoolWorker, text: string): void;
}

/** What a worker is made for. */
export interface WorkerSpec {
  readonly id: number;
  /** What it loads: modules only. */
  readonly app: AppTree;
  /** Exchanges that it may hold at a time. */
  readonly capacity: number;
  /** The same when its application blocks. */
  readonly blockingCapacity: number;
  /** What applications are told of the server. */
  readonly server: ServerInfo;
}

/** Exchanges that a worker whose application blocks may have beyond those that it holds, as long as it
 * answers quickly. What it has not started is taken back like any other. */
const AHEAD = 16;

/** CPU microseconds that a batch may cost. Its answers leave together, so the first of them waits as long
 * for the last. */
const BATCH_COST = 500;

/** How long `onWorkerStop` may take. */
const STOP_PATIENCE = 2_000;

const EXCHANGE_OVER = "Nobody waits for the answer any more";

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

  readonly #callbacks: PoolWorkerCallbacks;
  readonly #blockingCapacity: number;
  /** Answers the thread while it is blocked. */
  readonly #blockingServer: BlockingServer;
  #capacity: number;
  #blocks = false;
  readonly #slots: ExchangeSlots;
  readonly #held = new SlotMap<PooledExchange>();
  readonly #batchWindow = new BatchWindow();
  readonly #cost = new ExchangeCost();
  /** Exchanges in the batch that has not left. */
  #gathered = 0;
  readonly #batcher: MessageBatcher;
  /** How the exchanges that it holds reach it. */
  readonly #way: WayToWorker;
  readonly #thread: WorkerThread;
  #state: WorkerState = "starting";
  #stopTimer: ReturnType<typeof setTimeout> | undefined;

  /** Starts a thread.
   *
   * @param spec what it is made for
   * @param start makes the thread
   * @param owner who is told */
  constructor(spec: WorkerSpec, start: ThreadFactory, callbacks: PoolWorkerCallbacks) {
    this.id = spec.id;
    this.#callbacks = callbacks;
    this.#capacity = spec.capacity;
    this.#blockingCapacity = spec.blockingCapacity;
    this.since = this.lastBusy = callbacks.now();
    this.#slots = new ExchangeSlots((spec.capacity + AHEAD) * 2);
    this.#batcher = new MessageBatcher((batch, transfer) => {
      batch[0] = this.#batchWindow.send(callbacks.now());
      this.#gathered = 0;
      this.#thread.post(batch, transfer);
    });
    const channel = createChannel();
    this.#blockingServer = new BlockingServer(channel);
    this.#way = { batcher: this.#batcher, blockingServer: this.#blockingServer };
    const data = {
      wireVersion: WIRE_VERSION,
      workerId: spec.id,
      app: spec.app,
      claims: this.#slots.claims,
      channel,
      server: spec.server,
    };
    this.#thread = start(data, {
      onBatch: (batch) => this.#take(batch),
      onEnd: (end) => this.#end(end),
    });
  }

  /** Where it is in its life. */
  get state(): WorkerState {
    return this.#state;
  }

  /** Exchanges that it holds. */
  get load(): number {
    return this.#held.size;
  }

  /** CPU time of its thread in microseconds, as last told. */
  get cpuTime(): number | undefined {
    return this.#cost.cpuTime;
  }

  /** Whether another exchange had better join those that are about to leave for it. Waking one thread for
   * a dozen that cost little is quicker for all of them than waking two. */
  get canJoinBatch(): boolean {
    return !this.#blocks && this.#joinable;
  }

  /** What it holds. */
  get held(): Iterable<PooledExchange> {
    return this.#held;
  }

  /** Whether another exchange may be handed to it now. */
  available(now: number): boolean {
    return this.soonAvailable(now) &&
      (this.#joinable || this.#batchWindow.fits(this.#gathered > 0 ? 2 : 1));
  }

  /** Whether it is available, or will be once its event loop has come round, which should be soon. */
  soonAvailable(now: number): boolean {
    return this.#hasRoom(this.#capacity) && !this.seemsBusy(now);
  }

  /** Whether an exchange may be handed to it that it will not start at once: it answers quickly, one after
   * the other, and would wait for each on its way here. */
  acceptsPrefetch(now: number): boolean {
    return this.#blocks && this.#batchWindow.quick && this.#batchWindow.fits(1) &&
      this.#hasRoom(this.#capacity + AHEAD) && !this.seemsBusy(now);
  }

  /** Whether it is taken to be inside somebody's computation. */
  seemsBusy(now: number): boolean {
    return this.unacknowledgedFor(now) >= PATIENCE;
  }

  /** Whether its event loop is known to turn. */
  get allAcknowledged(): boolean {
    return this.#batchWindow.settled;
  }

  /** How long it has been silent, in milliseconds; 0 when it owes no answer. */
  unacknowledgedFor(now: number): number {
    return this.#batchWindow.unanswered(now);
  }

  /** Hands an exchange over. */
  handOver(pooled: PooledExchange, now: number): void {
    if (this.#gathered > 0 && !this.#joinable) this.#batcher.flush();
    const id = this.#slots.offer();
    this.#held.set(id, pooled);
    this.exchanges++;
    this.#gathered++;
    this.lastBusy = now;
    pooled.handOver(this, this.#way, id, now);
    const { exchange } = pooled;
    exchange.queueTime = Math.round(now - pooled.since);
    exchange.workerId = this.id;
    this.#batcher.put(ToWorker.exchange, id, encodeRequest(exchange), pooled.payload);
  }

  /** Takes back everything that it has not started.
   *
   * @returns what was taken back and somebody waits for, in order */
  takeBack(): PooledExchange[] {
    const unstarted: PooledExchange[] = [];
    for (const [id, pooled] of this.#held.entries()) {
      if (!this.#slots.takeBack(id, this.#lastBatch)) continue;
      this.#held.delete(id);
      if (pooled.abandoned) pooled.finish();
      else if (!pooled.isOver) unstarted.push(pooled);
    }
    this.#stopIfDone();
    return unstarted;
  }

  /** Tells the application that an exchange's time is over, or its client gone. */
  cancel(pooled: PooledExchange, reason: string): void {
    this.#batcher.put(ToWorker.abort, pooled.id, reason);
    pooled.unblock(reason); // a thread that is blocked sees no message
  }

  /** Lets go of an exchange that is over. */
  release(pooled: PooledExchange): void {
    if (this.#held.get(pooled.id) !== pooled) return;
    this.#held.delete(pooled.id);
    this.#blockingServer.abort(pooled.id, EXCHANGE_OVER);
    this.#slots.release(pooled.id, this.#lastBatch);
    this.#stopIfDone();
    this.#callbacks.eased(this);
  }

  /** Takes nothing more; stops when it has answered what it holds. */
  retire(): void {
    if (this.#state !== "ready" && this.#state !== "starting") return;
    const started = this.#state === "ready";
    this.#state = "retiring";
    if (started) this.#stopIfDone();
    else void this.#thread.terminate();
  }

  /** Whether nobody waits for anything that it computes, and it has been silent for a while. */
  canBeKilled(now: number, patience: number): boolean {
    if (this.#state !== "retiring" || this.unacknowledgedFor(now) < patience) return false;
    for (const pooled of this.#held) if (!pooled.abandoned) return false;
    return true;
  }

  /** Ends its thread, whatever it does.
   *
   * @returns whether the thread is really gone */
  kill(): Promise<boolean> {
    return this.#thread.terminate();
  }

  #take(batch: BatchMember[]): void {
    for (let at = 1; at < batch.length; at += STRIDE) {
      if (this.#state === "ended") return;
      const kind = batch[at] as number;
      const id = batch[at + 1] as number;
      const text = batch[at + 2] as string;
      const payload = batch[at + 3];
      const pooled = id === 0 || kind === FromWorker.done ? undefined : this.#held.get(id);
      if (pooled !== undefined) pooled.take(kind, text, payload);
      else this.#takeOwn(kind, id, text, payload);
    }
  }

  #takeOwn(kind: number, id: number, text: string, payload: BatchMember): void {
    switch (kind) {
      case FromWorker.done:
        this.#batchWindow.done(id, this.#callbacks.now());
        if (payload !== null) {
          this.#cost.note(payload as number, this.exchanges - this.#held.size);
        }
        this.#slots.handled(id);
        return this.#callbacks.eased(this);
      case FromWorker.ready:
        if (this.#state !== "starting") return;
        this.#state = "ready";
        this.loaded = true;
        this.#blocks = payload === true;
        if (this.#blocks) this.#capacity = this.#blockingCapacity;
        return this.#callbacks.ready(this);
      case FromWorker.failed:
        this.#state = "ended";
        void this.#thread.terminate();
        return this.#callbacks.failed(this, text);
      case FromWorker.log:
        return this.#callbacks.log(this, text);
      case FromWorker.awaitContent: // the exchange is over
      case FromWorker.awaitRoom:
        this.#blockingServer.asked(id);
        return this.#blockingServer.abort(id, EXCHANGE_OVER);
      case FromWorker.track: // asked after the answer has gone
        return this.#batcher.put(ToWorker.settled, id, "");
      case FromWorker.stopped:
        return void this.#thread.terminate();
      case FromWorker.exiting:
        this.#end({ cause: "exit", detail: `${text}, code ${payload}` });
        return void this.#thread.terminate();
      case FromWorker.exhausted:
        this.#end({ cause: "memory", detail: "its heap was exhausted" });
        return void this.#thread.terminate();
    }
  }

  #hasRoom(capacity: number): boolean {
    return this.#state === "ready" && this.#held.size < capacity && this.#slots.room;
  }

  /** Whether another exchange may join the batch that has not left. The answers of a batch leave together,
   * so nothing may be in one with others that could turn out to compute; where the application blocks,
   * each answer leaves by itself. */
  get #joinable(): boolean {
    return this.#gathered > 0 &&
      (this.#blocks || (this.#gathered + 1) * this.#cost.cost <= BATCH_COST);
  }

  /** The last batch in which the worker may find what it was handed so far. */
  get #lastBatch(): number {
    return this.#batcher.empty ? this.#batchWindow.next - 1 : this.#batchWindow.next;
  }

  /** One that takes nothing more stops when it holds nothing more. */
  #stopIfDone(): void {
    if (this.#state !== "retiring" || this.#held.size > 0 || this.#stopTimer !== undefined) return;
    this.#stopTimer = setTimeout(() => this.#callbacks.overdue(this), STOP_PATIENCE);
    this.#batcher.put(ToWorker.stop, 0, "");
    this.#batcher.flush();
  }

  #end(end: ThreadEnd): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    clearTimeout(this.#stopTimer);
    this.#blockingServer.close(); // or a thread that is blocked would stay for ever
    const unstarted = this.takeBack();
    const started = [...this.#held];
    this.#held.clear();
    for (const pooled of started) {
      const status = pooled.abortedAt === undefined ? 500 : 504;
      pooled.fail(status, new DOMException(`The worker has ended: ${end.cause}`, "AbortError"));
    }
    this.#callbacks.ended(this, end, unstarted);
  }
}
