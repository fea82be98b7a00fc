// A channel in memory, for workers that are in the thread of the test. It posts nothing and shares no
// memory: messages are objects, claims are entries of a Map, and the reply for a blocked worker is a return
// value.

import { clearImmediate, setImmediate } from "node:timers";
import type { Exchange } from "../../src/exchange/exchange.ts";
import { BatchWindow } from "../../src/pool/wire/batch_window.ts";
import { MAX_SLOTS, slotOf } from "../../src/pool/wire/slot_map.ts";
import { FromWorker, type Payload, ToWorker } from "../../src/pool/wire/messages.ts";
import { encodeRequest } from "../../src/pool/wire/request_codec.ts";
import type {
  BlockingReplies,
  MessageHandler,
  MessageSender,
  PoolChannel,
  Reply,
  WorkerChannel,
  WorkerChannelCallbacks,
} from "../../src/pool/wire/worker_channel.ts";

/** A message on its way. */
export interface Message {
  readonly kind: number;
  readonly id: number;
  readonly text: string;
  readonly payload: Payload;
}

/** Rounds of microtasks that messages wait for others of the same turn. */
const ROUNDS = 8;

abstract class MemorySender implements MessageSender {
  #unsent: Message[] = [];
  #scheduled = false;

  get pending(): boolean {
    return this.#unsent.length > 0;
  }

  send(kind: number, id: number, text: string, payload: Payload = null): void {
    const copy = payload instanceof Uint8Array ? payload.slice() : payload;
    this.#push({ kind, id, text, payload: copy });
  }

  give(kind: number, id: number, octets: Uint8Array<ArrayBuffer>): void {
    // A caller that uses octets after it gave them away finds them empty.
    const payload = structuredClone(octets, { transfer: [octets.buffer] });
    this.#push({ kind, id, text: "", payload });
  }

  flush(): void {
    this.#scheduled = false;
    if (!this.pending) return;
    const messages = this.#unsent;
    this.#unsent = [];
    this.deliver(messages);
  }

  /** Brings messages to the other side. */
  protected abstract deliver(messages: readonly Message[]): void;

  #push(message: Message): void {
    this.#unsent.push(message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#flushLater();
  }

  async #flushLater(): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) await undefined;
    this.flush();
  }
}

/** The pool's end. */
export class MemoryWorkerChannel extends MemorySender implements WorkerChannel {
  readonly replies = new MemoryReplies();
  /** Exchanges that the pool has given up. */
  readonly givenUp = new Set<number>();
  unsentOffers = 0;
  readonly #callbacks: WorkerChannelCallbacks;
  readonly #deliver: (messages: readonly Message[], batch: number) => void;
  readonly #window = new BatchWindow();
  readonly #slotCount: number;
  readonly #freeSlots: number[] = [];
  #unusedSlot = 0;
  readonly #offers = new Map<number, "offered" | "claimed" | "revoked">();
  #revoked: { readonly id: number; readonly batch: number }[] = [];
  #serial = 0;
  #closed = false;

  /** @param callbacks takes what comes from the worker
   * @param slotCount how many exchanges the worker may hold
   * @param deliver takes what goes to the worker, with the number to acknowledge */
  constructor(
    callbacks: WorkerChannelCallbacks,
    slotCount: number,
    deliver: (messages: readonly Message[], batch: number) => void,
  ) {
    super();
    this.#callbacks = callbacks;
    this.#deliver = deliver;
    this.#slotCount = slotCount;
  }

  override send(kind: number, id: number, text: string, payload: Payload = null): void {
    if (kind === ToWorker.abort) this.givenUp.add(id);
    super.send(kind, id, text, payload);
  }

  get hasRoom(): boolean {
    return this.#freeSlots.length > 0 || this.#unusedSlot < this.#slotCount;
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
    const id = ++this.#serial * MAX_SLOTS + (this.#freeSlots.pop() ?? this.#unusedSlot++);
    this.#offers.set(id, "offered");
    this.unsentOffers++;
    this.send(ToWorker.exchange, id, encodeRequest(exchange), payload);
    return id;
  }

  takeBack(id: number): boolean {
    if (this.#offers.get(id) !== "offered") return false;
    this.#offers.set(id, "revoked");
    this.#revoked.push({ id, batch: this.#window.next });
    return true;
  }

  collect(): void {}

  release(id: number): void {
    if (!this.takeBack(id)) this.#free(id);
  }

  reuses(): boolean {
    return false;
  }

  giveBack(): void {}

  close(): void {
    this.#closed = true;
  }

  /** Claims an exchange for the worker. */
  claim(id: number): boolean {
    if (this.#offers.get(id) !== "offered") return false;
    this.#offers.set(id, "claimed");
    return true;
  }

  /** Takes a message of the worker. */
  receive({ kind, id, text, payload }: Message): void {
    if (this.#closed) return;
    if (kind === FromWorker.awaitContent || kind === FromWorker.awaitCredit) this.replies.open(id);
    this.#callbacks.onMessage(kind, id, text, payload);
  }

  /** Notes that the worker has handled everything up to a number. */
  acknowledge(batch: number, cpuTime: number | undefined): void {
    if (this.#closed) return;
    this.#window.acknowledge(batch, this.#callbacks.now());
    for (const entry of this.#revoked) if (entry.batch <= batch) this.#free(entry.id);
    this.#revoked = this.#revoked.filter((entry) => entry.batch > batch);
    this.#callbacks.onAcknowledged(cpuTime);
  }

  protected override deliver(messages: readonly Message[]): void {
    const batch = this.#window.send(this.#callbacks.now());
    this.unsentOffers = 0;
    if (!this.#closed) this.#deliver(messages, batch);
  }

  #free(id: number): void {
    if (this.#offers.delete(id)) this.#freeSlots.push(slotOf(id));
  }
}

/** Replies that come while the question is asked. */
class MemoryReplies implements BlockingReplies {
  readonly awaited = false;
  awaits(): boolean {
    return false;
  }
  #askingId: number | undefined;
  #reply: Reply | undefined;

  /** Asks and takes the reply.
   *
   * @param ask sends the question */
  take(ask: () => void): Reply {
    this.#reply = undefined;
    ask();
    if (this.#reply !== undefined) return this.#reply;
    throw new TypeError(
      "Cannot block: the reply has not come at once, and both ends are one thread",
    );
  }

  /** Notes a question. */
  open(id: number): void {
    this.#askingId = id;
  }

  piece(id: number, octets: Uint8Array): number {
    return this.#give(id, { kind: "piece", octets: octets.slice() }) ? octets.length : 0;
  }

  end(id: number): void {
    this.#give(id, { kind: "end" });
  }

  fail(id: number, text: string): void {
    this.#give(id, { kind: "failed", text });
  }

  grant(id: number, limit: number): void {
    this.#give(id, { kind: "credit", limit });
  }

  abort(id: number, text: string): void {
    this.#give(id, { kind: "aborted", text });
  }

  #give(id: number, reply: Reply): boolean {
    if (this.#askingId !== id) return false;
    this.#askingId = undefined;
    this.#reply = reply;
    return true;
  }
}

/** The worker's end, for the real inside of a worker. Messages arrive in a later turn of the event loop, as
 * between threads. */
export class MemoryPoolChannel extends MemorySender implements PoolChannel {
  readonly #poolEnd: () => MemoryWorkerChannel;
  readonly #turns = new Set<NodeJS.Immediate>();
  #handle: MessageHandler = () => {};
  /** Numbers to acknowledge with the next messages. */
  #handled: number[] = [];

  /** @param poolEnd the other end */
  constructor(poolEnd: () => MemoryWorkerChannel) {
    super();
    this.#poolEnd = poolEnd;
  }

  onMessage(callback: MessageHandler): void {
    this.#handle = callback;
  }

  claim(id: number): boolean {
    return this.#poolEnd().claim(id);
  }

  isGivenUp(id: number): boolean {
    return this.#poolEnd().givenUp.has(id);
  }

  sendCopy(kind: number, id: number, octets: Uint8Array): void {
    this.send(kind, id, "", octets);
  }

  ask(kind: number, id: number, payload: Payload): Reply {
    this.flush();
    const end = this.#poolEnd();
    return end.replies.take(() => end.receive({ kind, id, text: "", payload }));
  }

  /** Takes messages of the pool. */
  take(messages: readonly Message[], batch: number): void {
    this.#inTurn(() => {
      for (const { kind, id, text, payload } of messages) this.#handle(kind, id, text, payload);
      this.#handled.push(batch);
      if (!this.pending) this.deliver([]);
    });
  }

  /** Neither takes nor brings anything any more. */
  close(): void {
    for (const turn of this.#turns) clearImmediate(turn);
    this.#turns.clear();
    this.#poolEnd().close();
  }

  protected override deliver(messages: readonly Message[]): void {
    const handled = this.#handled;
    this.#handled = [];
    this.#inTurn(() => {
      const end = this.#poolEnd();
      for (const message of messages) end.receive(message);
      for (const batch of handled) end.acknowledge(batch, undefined);
    });
  }

  #inTurn(task: () => void): void {
    const turn = setImmediate(() => {
      this.#turns.delete(turn);
      task();
    });
    this.#turns.add(turn);
  }
}
