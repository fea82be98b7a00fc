// The channel to a worker that is a thread: messages leave in batches by postMessage, claims and replies
// for a blocked thread stand in shared memory. A worker acknowledges the number of a batch when it has
// handled all of it. Only this file and message_batcher.ts know the form of a batch.

import type { Exchange } from "../../exchange/exchange.ts";
import { queueMicrotask } from "../../io/platform.ts";
import { BatchWindow } from "./batch_window.ts";
import { BlockingClient, BlockingServer, createReplyMemory } from "./blocking_channel.ts";
import { BufferPool } from "./buffer_pool.ts";
import { claim } from "./claims.ts";
import { ExchangeSlots } from "./exchange_slots.ts";
import { type Batch, MessageBatcher, STRIDE } from "./message_batcher.ts";
import { expectFromWorker, FromWorker, type Payload, ToWorker } from "./messages.ts";
import { encodeRequest } from "./request_codec.ts";
import type {
  MessageHandler,
  PoolChannel,
  Reply,
  WorkerChannel,
  WorkerChannelCallbacks,
} from "./worker_channel.ts";

export type { Batch };

/** Kinds of the channel's own messages; messages.ts leaves these numbers free. */
const Internal = {
  /** To the pool: all messages of the batch with the number `id` have been handled. payload: CPU time of
   * the thread in microseconds, now and then, else null. */
  acknowledge: -1,
  /** To the worker: storage of a piece that it had sent. payload: octets. */
  storage: -2,
} as const;

/** Octets of the largest piece of response content that is cloned. Larger pieces are copied and given
 * away, which is quicker. */
const LARGEST_CLONE = 16 * 1024;

/** How often a worker sends its CPU time, in milliseconds. */
const CPU_TIME_INTERVAL = 500;

/** The platform's own: an application may replace the global ones, as libraries for fake timers do. */
const now = performance.now.bind(performance);

/** Memory that both ends of a channel share. */
export interface PostedMemory {
  /** See claims.ts. */
  readonly claims: Int32Array<SharedArrayBuffer>;
  /** See blocking_channel.ts. */
  readonly replies: SharedArrayBuffer;
}

/** Where batches to a worker are posted: a web Worker or a MessagePort. */
export interface PostTarget {
  postMessage(batch: unknown, transfer: ArrayBuffer[]): void;
}

/** Where a worker posts its batches and takes those of the pool. */
export interface PostPort {
  post(batch: Batch, transfer: ArrayBuffer[]): void;
  onMessage(callback: (batch: Batch) => void): void;
}

/** The pool's end. */
export class PostedWorkerChannel extends MessageBatcher implements WorkerChannel {
  /** Memory for the worker's end. */
  readonly memory: PostedMemory;
  readonly replies: BlockingServer;

  readonly #callbacks: WorkerChannelCallbacks;
  readonly #slots: ExchangeSlots;
  readonly #window = new BatchWindow();
  #target: PostTarget | undefined;
  #unsentOffers = 0;
  #closed = false;

  /** @param callbacks takes what comes from the worker
   * @param slotCount how many exchanges the worker may hold, those that were taken back included */
  constructor(callbacks: WorkerChannelCallbacks, slotCount: number) {
    super();
    this.#callbacks = callbacks;
    this.#slots = new ExchangeSlots(slotCount);
    const replies = createReplyMemory();
    this.replies = new BlockingServer(replies);
    this.memory = { claims: this.#slots.claims, replies };
  }

  /** Posts from here on; batches before are lost.
   *
   * @param target leads to the thread */
  open(target: PostTarget): void {
    if (!this.#closed) this.#target = target;
  }

  get hasRoom(): boolean {
    return this.#slots.room;
  }

  get unsentOffers(): number {
    return this.#unsentOffers;
  }

  get allAcknowledged(): boolean {
    return this.#window.allAcknowledged;
  }

  get acknowledgesQuickly(): boolean {
    return this.#window.quick;
  }

  unacknowledgedFor(now: number): number {
    return this.#window.unacknowledgedFor(now);
  }

  fits(batches: number): boolean {
    return this.#window.fits(batches);
  }

  offer(exchange: Exchange, payload: Payload): number {
    const id = this.#slots.offer();
    this.#unsentOffers++;
    this.send(ToWorker.exchange, id, encodeRequest(exchange), payload);
    return id;
  }

  override send(kind: number, id: number, text: string, payload: Payload = null): void {
    // A thread that is blocked does not see the message before it is back in its event loop.
    if (kind === ToWorker.abort && this.#slots.isStarted(id)) this.replies.noteGivenUp(id);
    super.send(kind, id, text, payload);
  }

  takeBack(id: number): boolean {
    return this.#slots.takeBack(id, this.#lastBatch);
  }

  collect(): void {} // each response leaves by itself

  release(id: number): void {
    this.#slots.release(id, this.#lastBatch);
  }

  reuses(piece: Uint8Array): boolean {
    return piece.length > LARGEST_CLONE; // smaller ones were cloned: their storage never was the worker's
  }

  giveBack(piece: Uint8Array<ArrayBuffer>): void {
    this.give(Internal.storage, 0, piece);
  }

  close(): void {
    this.#closed = true;
    this.#target = undefined;
    this.replies.close(); // or a thread that is blocked would stay for ever
  }

  /** Takes a batch from the thread. */
  receive(batch: Batch): void {
    try {
      this.#receive(batch);
    } catch (error) {
      this.#callbacks.onFault(error);
    }
  }

  #receive(batch: Batch): void {
    if (!Array.isArray(batch) || batch.length % STRIDE !== 1) {
      throw new TypeError("Cannot take batch: expected an array of whole messages");
    }
    for (let at = 1; at < batch.length; at += STRIDE) {
      if (this.#closed) return;
      const kind = batch[at] as number;
      const id = batch[at + 1] as number;
      const payload = batch[at + 3];
      if (kind === Internal.acknowledge) {
        this.#acknowledge(id, payload as number | null);
        continue;
      }
      expectFromWorker(kind, id, batch[at + 2], payload);
      if (kind === FromWorker.awaitContent || kind === FromWorker.awaitCredit) {
        this.replies.noteQuestion(id);
      }
      this.#callbacks.onMessage(kind, id, batch[at + 2] as string, payload);
    }
  }

  protected override post(batch: Batch, transfer: ArrayBuffer[]): void {
    batch[0] = this.#window.send(this.#callbacks.now());
    this.#unsentOffers = 0;
    this.#target?.postMessage(batch, transfer);
  }

  #acknowledge(batch: number, cpuTime: number | null): void {
    if (typeof batch !== "number" || !(batch < this.#window.next)) {
      throw new RangeError(`Cannot take acknowledgement: there was no batch ${batch}`);
    }
    this.#window.acknowledge(batch, this.#callbacks.now());
    this.#slots.handled(batch);
    this.#callbacks.onAcknowledged(cpuTime ?? undefined);
  }

  /** The last batch in which the worker may find what was offered so far. */
  get #lastBatch(): number {
    return this.pending ? this.#window.next : this.#window.next - 1;
  }
}

/** The worker's end. */
export class PostedPoolChannel extends MessageBatcher implements PoolChannel {
  readonly #port: PostPort;
  readonly #claims: Int32Array;
  readonly #blockingClient: BlockingClient;
  readonly #cpuTime: () => number | undefined;
  readonly #storage = new BufferPool();
  /** Batches that wait for their turn. */
  readonly #inbox: Batch[] = [];
  #handle: MessageHandler = () => {};
  #cpuTimeSentAt = -Infinity;

  /** @param port leads to the pool
   * @param memory what the pool's end shares
   * @param cpuTime CPU time of this thread in microseconds */
  constructor(port: PostPort, memory: PostedMemory, cpuTime: () => number | undefined) {
    super();
    this.#port = port;
    this.#claims = memory.claims;
    this.#blockingClient = new BlockingClient(memory.replies);
    this.#cpuTime = cpuTime;
  }

  onMessage(callback: MessageHandler): void {
    this.#handle = callback;
    this.#port.onMessage((batch) => {
      this.#inbox.push(batch);
      this.#handleNext();
    });
  }

  claim(id: number): boolean {
    return claim(this.#claims, id);
  }

  isGivenUp(id: number): boolean {
    return this.#blockingClient.isGivenUp(id);
  }

  sendCopy(kind: number, id: number, octets: Uint8Array): void {
    if (octets.length <= LARGEST_CLONE) {
      // A view would take along all of the storage that it looks at.
      const whole = octets.length === octets.buffer.byteLength;
      this.send(kind, id, "", whole ? octets : octets.slice());
    } else {
      this.give(kind, id, this.#storage.copy(octets));
    }
  }

  ask(kind: number, id: number, payload: Payload): Reply {
    return this.#blockingClient.call(() => {
      this.send(kind, id, "", payload);
      this.flush();
    });
  }

  protected override post(batch: Batch, transfer: ArrayBuffer[]): void {
    this.#port.post(batch, transfer);
    if (this.#inbox.length > 0) queueMicrotask(this.#handleNext);
  }

  /** A batch has its turn once the messages that the one before has caused have left: Deno can deliver
   * two in one turn of the event loop, and a handler in this one may compute. */
  readonly #handleNext = (): void => {
    if (this.#inbox.length > 0 && !this.pending) this.#handleAll(this.#inbox.shift()!);
  };

  /** Handles a batch, then acknowledges it: everything synchronous in it is over by then. */
  #handleAll(batch: Batch): void {
    for (let at = 1; at < batch.length; at += STRIDE) {
      const kind = batch[at] as number;
      const payload = batch[at + 3];
      if (kind === Internal.storage) {
        this.#storage.keep((payload as Uint8Array<ArrayBuffer>).buffer);
      } else this.#handle(kind, batch[at + 1] as number, batch[at + 2] as string, payload);
    }
    // It leaves with the responses of this turn, once no handler continues at once.
    this.send(Internal.acknowledge, batch[0] as number, "", this.#newCpuTime());
  }

  /** The thread's CPU time; null when it was sent a short while ago, or the platform does not tell. */
  #newCpuTime(): number | null {
    const time = now();
    if (time - this.#cpuTimeSentAt < CPU_TIME_INTERVAL) return null;
    this.#cpuTimeSentAt = time;
    return this.#cpuTime() ?? null;
  }
}
