// One worker, as the pool sees it: what it holds, whether it can be given more, and how it ends. A
// worker that has not answered its last batch is inside a synchronous stretch of somebody's handler, so
// it gets nothing more until it has.

import type { ServerFacts } from "../exchange/exchange.ts";
import type { AppTree } from "../application/application_tree.ts";
import { BlockingAnswerer, createChannel } from "./wire/blocking_channel.ts";
import { Held } from "./wire/slot_map.ts";
import { type BatchMember, FromWorker, STRIDE, ToWorker, WIRE_VERSION } from "./wire/messages.ts";
import { Outbox } from "./wire/message_batcher.ts";
import { Pace } from "./exchange_cost.ts";
import { Places } from "./exchange_slots.ts";
import type { PooledExchange, WayToWorker } from "./pooled_exchange.ts";
import { encodeRequest } from "./wire/request_codec.ts";
import { PATIENCE, Window } from "./batch_window.ts";
import type { ThreadEnd, ThreadFactory, WorkerThread } from "./worker_thread.ts";

/** `starting` until its application is loaded; `retiring` takes nothing more; `ended` is gone. */
export type WorkerState = "starting" | "ready" | "retiring" | "ended";

/** Who is told about a worker's life. */
export interface WorkerOwner {
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
  readonly server: ServerFacts;
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

  readonly #owner: WorkerOwner;
  readonly #blockingCapacity: number;
  /** Answers the thread while it is blocked. */
  readonly #answerer: BlockingAnswerer;
  #capacity: number;
  #blocks = false;
  readonly #places: Places;
  readonly #held = new Held<PooledExchange>();
  readonly #window = new Window();
  readonly #pace = new Pace();
  /** Exchanges in the batch that has not left. */
  #gathered = 0;
  readonly #outbox: Outbox;
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
  constructor(spec: WorkerSpec, start: ThreadFactory, owner: WorkerOwner) {
    this.id = spec.id;
    this.#owner = owner;
    this.#capacity = spec.capacity;
    this.#blockingCapacity = spec.blockingCapacity;
    this.since = this.lastBusy = owner.now();
    this.#places = new Places((spec.capacity + AHEAD) * 2);
    this.#outbox = new Outbox((batch, transfer) => {
      batch[0] = this.#window.send(owner.now());
      this.#gathered = 0;
      this.#thread.post(batch, transfer);
    });
    const channel = createChannel();
    this.#answerer = new BlockingAnswerer(channel);
    this.#way = { outbox: this.#outbox, answerer: this.#answerer };
    const data = {
      wireVersion: WIRE_VERSION,
      workerId: spec.id,
      app: spec.app,
      claims: this.#places.claims,
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
    return this.#pace.cpuTime;
  }

  /** Whether another exchange had better join those that are about to leave for it. Waking one thread for
   * a dozen that cost little is quicker for all of them than waking two. */
  get gathers(): boolean {
    return !this.#blocks && this.#joinable;
  }

  /** What it holds. */
  get held(): Iterable<PooledExchange> {
    return this.#held;
  }

  /** Whether another exchange may be handed to it now. */
  available(now: number): boolean {
    return this.soonAvailable(now) &&
      (this.#joinable || this.#window.fits(this.#gathered > 0 ? 2 : 1));
  }

  /** Whether it is available, or will be once its event loop has come round, which should be soon. */
  soonAvailable(now: number): boolean {
    return this.#hasRoom(this.#capacity) && !this.computes(now);
  }

  /** Whether an exchange may be handed to it that it will not start at once: it answers quickly, one after
   * the other, and would wait for each on its way here. */
  takesAhead(now: number): boolean {
    return this.#blocks && this.#window.quick && this.#window.fits(1) &&
      this.#hasRoom(this.#capacity + AHEAD) && !this.computes(now);
  }

  /** Whether it is taken to be inside somebody's computation. */
  computes(now: number): boolean {
    return this.silent(now) >= PATIENCE;
  }

  /** Whether its event loop is known to turn. */
  get settled(): boolean {
    return this.#window.settled;
  }

  /** How long it has been silent, in milliseconds; 0 when it owes no answer. */
  silent(now: number): number {
    return this.#window.unanswered(now);
  }

  /** Hands an exchange over. */
  handOver(pooled: PooledExchange, now: number): void {
    if (this.#gathered > 0 && !this.#joinable) this.#outbox.flush();
    const id = this.#places.offer();
    this.#held.set(id, pooled);
    this.exchanges++;
    this.#gathered++;
    this.lastBusy = now;
    pooled.handOver(this, this.#way, id, now);
    const { exchange } = pooled;
    exchange.queueTime = Math.round(now - pooled.since);
    exchange.workerId = this.id;
    this.#outbox.put(ToWorker.exchange, id, encodeRequest(exchange), pooled.payload);
  }

  /** Takes back everything that it has not started.
   *
   * @returns what was taken back and somebody waits for, in order */
  takeBack(): PooledExchange[] {
    const unstarted: PooledExchange[] = [];
    for (const [id, pooled] of this.#held.entries()) {
      if (!this.#places.takeBack(id, this.#lastBatch)) continue;
      this.#held.delete(id);
      if (pooled.forsaken) pooled.finish();
      else if (!pooled.isOver) unstarted.push(pooled);
    }
    this.#stopIfDone();
    return unstarted;
  }

  /** Tells the application that an exchange's time is over, or its client gone. */
  cancel(pooled: PooledExchange, reason: string): void {
    this.#outbox.put(ToWorker.abort, pooled.id, reason);
    pooled.unblock(reason); // a thread that is blocked sees no message
  }

  /** Lets go of an exchange that is over. */
  release(pooled: PooledExchange): void {
    if (this.#held.get(pooled.id) !== pooled) return;
    this.#held.delete(pooled.id);
    this.#answerer.abort(pooled.id, EXCHANGE_OVER);
    this.#places.release(pooled.id, this.#lastBatch);
    this.#stopIfDone();
    this.#owner.eased(this);
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
  hopeless(now: number, patience: number): boolean {
    if (this.#state !== "retiring" || this.silent(now) < patience) return false;
    for (const pooled of this.#held) if (!pooled.forsaken) return false;
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
        this.#window.done(id, this.#owner.now());
        if (payload !== null) {
          this.#pace.note(payload as number, this.exchanges - this.#held.size);
        }
        this.#places.handled(id);
        return this.#owner.eased(this);
      case FromWorker.ready:
        if (this.#state !== "starting") return;
        this.#state = "ready";
        this.loaded = true;
        this.#blocks = payload === true;
        if (this.#blocks) this.#capacity = this.#blockingCapacity;
        return this.#owner.ready(this);
      case FromWorker.failed:
        this.#state = "ended";
        void this.#thread.terminate();
        return this.#owner.failed(this, text);
      case FromWorker.log:
        return this.#owner.log(this, text);
      case FromWorker.awaitContent: // the exchange is over
      case FromWorker.awaitRoom:
        this.#answerer.asked(id);
        return this.#answerer.abort(id, EXCHANGE_OVER);
      case FromWorker.track: // asked after the answer has gone
        return this.#outbox.put(ToWorker.settled, id, "");
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
    return this.#state === "ready" && this.#held.size < capacity && this.#places.room;
  }

  /** Whether another exchange may join the batch that has not left. The answers of a batch leave together,
   * so nothing may be in one with others that could turn out to compute; where the application blocks,
   * each answer leaves by itself. */
  get #joinable(): boolean {
    return this.#gathered > 0 &&
      (this.#blocks || (this.#gathered + 1) * this.#pace.cost <= BATCH_COST);
  }

  /** The last batch in which the worker may find what it was handed so far. */
  get #lastBatch(): number {
    return this.#outbox.empty ? this.#window.next - 1 : this.#window.next;
  }

  /** One that takes nothing more stops when it holds nothing more. */
  #stopIfDone(): void {
    if (this.#state !== "retiring" || this.#held.size > 0 || this.#stopTimer !== undefined) return;
    this.#stopTimer = setTimeout(() => this.#owner.overdue(this), STOP_PATIENCE);
    this.#outbox.put(ToWorker.stop, 0, "");
    this.#outbox.flush();
  }

  #end(end: ThreadEnd): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    clearTimeout(this.#stopTimer);
    this.#answerer.close(); // or a thread that is blocked would stay for ever
    const unstarted = this.takeBack();
    const started = [...this.#held];
    this.#held.clear();
    for (const pooled of started) {
      const status = pooled.warned === undefined ? 500 : 504;
      pooled.fail(status, new DOMException(`The worker has ended: ${end.cause}`, "AbortError"));
    }
    this.#owner.ended(this, end, unstarted);
  }
}
