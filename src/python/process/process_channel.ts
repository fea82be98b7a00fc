// The channel to a Python process: batches of messages leave as frames over a socket, a mark behind each
// batch comes back as its acknowledgement. What the process has started stands in the shared record, so
// exchanges that were sent in advance can be taken back.

import { Promise } from "../../io/platform.ts";
import { encodeLoadError, encodeLog } from "../../threads/error_codec.ts";
import { ApplicationLoadError } from "../../application/application_load_error.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { failResponse, reportDropped } from "../../gateway/wsgi/response.ts";
import { BatchWindow } from "../../pool/wire/batch_window.ts";
import { claim } from "../../pool/wire/claims.ts";
import { ExchangeSlots } from "../../pool/wire/exchange_slots.ts";
import { type Batch, MessageBatcher, STRIDE } from "../../pool/wire/message_batcher.ts";
import { FromWorker, type Payload, ToWorker } from "../../pool/wire/messages.ts";
import { encodeResponse } from "../../pool/wire/response_codec.ts";
import { SlotMap, slotOf } from "../../pool/wire/slot_map.ts";
import type {
  BlockingReplies,
  WorkerChannel,
  WorkerChannelCallbacks,
} from "../../pool/wire/worker_channel.ts";
import { PythonError } from "../python_error.ts";
import type { ApplicationTable } from "./application_table.ts";
import { type Frame, FrameReader, FrameWriter, FromProcess, ToProcess } from "./frames.ts";
import { RequestEncoder } from "./request_encoder.ts";
import { checkedHead } from "./response_heads.ts";
import type { SharedRecord } from "./shared_record.ts";

/** Kinds of the channel's own messages in a batch; messages.ts leaves these numbers free. */
const Internal = { common: -1, verdict: -2 } as const;

/** The messages of the pool as frames. */
const FRAMES: Readonly<Record<number, number>> = {
  [ToWorker.contentFailed]: ToProcess.contentFailed,
  [ToWorker.abort]: ToProcess.abort,
  [ToWorker.stop]: ToProcess.stop,
  [Internal.common]: ToProcess.common,
};

const NOTHING = { read: () => Promise.resolve(null) };

/** Takes chunks to be sent. */
export interface ChunkSink {
  send(chunks: readonly Uint8Array[]): void;
}

/** An exchange that was offered and is not known to be started. */
interface Offer {
  readonly id: number;
  /** Its place among all offers of this channel. */
  readonly order: number;
}

/** The pool's end of the channel to a process. */
export class ProcessChannel extends MessageBatcher implements WorkerChannel {
  readonly replies: ProcessReplies = new ProcessReplies(this);

  readonly #callbacks: WorkerChannelCallbacks;
  readonly #slots: ExchangeSlots;
  readonly #window = new BatchWindow();
  readonly #encoder: RequestEncoder;
  readonly #record: SharedRecord | undefined;
  /** Whether the process was told to stop. */
  stopSent = false;
  readonly #exchanges = new SlotMap<Exchange>();
  /** The order of the last offer in each slot. */
  readonly #orders: number[] = [];
  /** Offers that are not known to be started, in order. */
  #offers: Offer[] = [];
  #lastOrder = 0;
  /** Number of the recall whose verdict has not left; the process starts nothing before it has that. */
  #recall: number | undefined;
  #takenBack: number[] = [];
  #sink: ChunkSink | undefined;
  #unsentOffers = 0;
  #closed = false;

  /** @param applications the applications of the process
   * @param callbacks takes what comes from it
   * @param slotCount how many exchanges it may hold, those that were taken back included
   * @param record says what it has started; without it exchanges are not sent in advance */
  constructor(
    applications: ApplicationTable,
    callbacks: WorkerChannelCallbacks,
    slotCount: number,
    record: SharedRecord | undefined,
  ) {
    super();
    this.#encoder = new RequestEncoder(applications);
    this.#callbacks = callbacks;
    this.#slots = new ExchangeSlots(slotCount);
    this.#record = record;
  }

  /** Sends from here on; what was sent before is lost. */
  open(sink: ChunkSink): void {
    if (!this.#closed) this.#sink = sink;
  }

  /** Closes the record; nothing is to be taken back after that. */
  closeRecord(): void {
    this.#record?.close();
  }

  override send(kind: number, id: number, text: string, payload: Payload = null): void {
    if (kind === ToWorker.stop) this.stopSent = true;
    super.send(kind, id, text, payload);
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

  /** What is sent to a process that keeps no record cannot be taken back. */
  get acknowledgesQuickly(): boolean {
    return this.#record !== undefined && this.#window.quick;
  }

  unacknowledgedFor(now: number): number {
    return this.#window.unacknowledgedFor(now);
  }

  fits(batches: number): boolean {
    return this.#window.fits(batches);
  }

  offer(exchange: Exchange, payload: Payload): number {
    const id = this.#slots.offer();
    const order = ++this.#lastOrder;
    this.#offers.push({ id, order });
    this.#orders[slotOf(id)] = order;
    this.#exchanges.set(id, exchange);
    this.#unsentOffers++;
    const text = this.#encoder.encode(exchange, (index, json) => {
      this.send(Internal.common, index, json);
    });
    this.send(ToWorker.exchange, id, text, payload);
    return id;
  }

  takeBack(id: number): boolean {
    if (!this.#exchanges.get(id)) return false;
    this.#learnStarts();
    if (!this.#slots.takeBack(id, this.#lastBatch)) return false;
    this.#drop(id);
    return true;
  }

  release(id: number): void {
    if (!this.#slots.isStarted(id)) this.#learnStarts();
    const started = this.#slots.isStarted(id);
    this.#slots.release(id, this.#lastBatch);
    if (started) this.#exchanges.delete(id);
    else this.#drop(id);
  }

  reuses(): boolean {
    return false;
  }

  giveBack(): void {}

  collect(): void {
    if (this.#closed) return;
    const finished = this.#record?.readFinished();
    if (finished === undefined) return;
    new FrameReader(NOTHING).readHere(finished, (frame) => this.receive(frame));
  }

  close(): void {
    if (this.#closed) return;
    this.collect(); // or a process that has ended would take finished responses along
    this.#learnStarts();
    this.#closed = true;
    this.#sink = undefined;
  }

  /** Takes a frame of the process.
   *
   * @returns false when nothing more is taken */
  receive(frame: Frame): boolean {
    if (this.#closed) return false;
    try {
      this.#receive(frame);
    } catch (error) {
      this.#callbacks.onFault(error);
    }
    return !this.#closed;
  }

  #receive(frame: Frame): void {
    const { kind, number: id } = frame;
    const { onMessage } = this.#callbacks;
    switch (kind) {
      case FromProcess.response:
        this.#noteStarted(id);
        return this.#takeHead(FromWorker.response, id, frame.native(), frame.payload());
      case FromProcess.acknowledge:
        return this.#acknowledge(id, frame.native());
      case FromProcess.emptyResponse:
        this.#noteStarted(id);
        return this.#takeHead(FromWorker.response, id, frame.native(), null);
      case FromProcess.begin:
        this.#noteStarted(id);
        return this.#takeHead(FromWorker.begin, id, frame.native(), null);
      case FromProcess.piece:
        return onMessage(FromWorker.piece, id, "", frame.payload());
      case FromProcess.end:
        return onMessage(FromWorker.end, id, "", null);
      case FromProcess.cut:
        this.#noteStarted(id);
        return onMessage(FromWorker.cut, id, "The response is not wanted any more", null);
      case FromProcess.log:
        return onMessage(FromWorker.log, id, frame.text(), null);
      case FromProcess.applicationFailed:
        this.#noteStarted(id);
        return this.#fail(id, new PythonError(frame.text()));
      case FromProcess.awaitContent:
        this.#noteStarted(id);
        this.replies.noteQuestion(id);
        return onMessage(FromWorker.awaitContent, id, "", null);
      case FromProcess.awaitCredit:
        this.replies.noteQuestion(id);
        return onMessage(FromWorker.awaitCredit, id, "", Number(frame.native()));
      case FromProcess.ready:
        return onMessage(FromWorker.ready, 0, "", true);
      case FromProcess.failed: {
        const cause = new PythonError(frame.text());
        const error = new ApplicationLoadError("its module failed", cause);
        return onMessage(FromWorker.failed, 0, encodeLoadError(error), null);
      }
      default:
        throw new TypeError(`Cannot take frame: expected a known kind, got ${kind}`);
    }
  }

  protected override post(batch: Batch): void {
    const number = this.#window.send(this.#callbacks.now());
    this.#unsentOffers = 0;
    if (this.#sink === undefined) return;
    const writer = new FrameWriter(batch.length * 64);
    for (let at = 1; at < batch.length; at += STRIDE) {
      const [kind, id, text, payload] = batch.slice(at, at + STRIDE);
      this.#write(writer, kind as number, id as number, text as string, payload);
    }
    writer.add(ToProcess.mark, number, "");
    this.#sink.send(writer.take());
  }

  #write(writer: FrameWriter, kind: number, id: number, text: string, payload: Payload): void {
    switch (kind) {
      case ToWorker.exchange: {
        const inPieces = payload === true;
        const frame = inPieces ? ToProcess.exchangePieces : ToProcess.exchange;
        const content = payload instanceof Uint8Array ? payload : null;
        return writer.add(frame, id, text, content, "latin1");
      }
      case ToWorker.content:
        if (payload === null) return writer.add(ToProcess.contentEnd, id, "");
        return writer.add(ToProcess.content, id, "", payload as Uint8Array);
      case ToWorker.credit:
        return writer.add(ToProcess.credit, id, String(payload));
      case Internal.verdict:
        return this.#writeVerdict(writer);
      case ToWorker.ping: // the mark behind it is enough
      case ToWorker.settled:
        return;
      default:
        return writer.add(FRAMES[kind], id, text);
    }
  }

  #writeVerdict(writer: FrameWriter): void {
    const octets = new BigUint64Array(this.#takenBack.map(BigInt));
    writer.add(ToProcess.verdict, this.#recall!, "", new Uint8Array(octets.buffer));
    this.#recall = undefined;
    this.#takenBack = [];
  }

  /** Finds out which offers the process has started. It starts no other before it has the verdict, which
   * says what was taken back in this turn of the event loop. */
  #learnStarts(): void {
    if (this.#recall !== undefined || this.#closed || this.#offers.length === 0) return;
    if (this.#record === undefined) return this.#noteOrder(this.#lastOrder);
    const { started, recall } = this.#record.recall();
    this.#noteOrder(started);
    this.#recall = recall;
    this.send(Internal.verdict, 0, "");
  }

  /** Notes that an exchange is started, and so all that were offered before it. */
  #noteStarted(id: number): void {
    if (this.#offers.length === 0 || this.#exchanges.get(id) === undefined) return;
    const order = this.#orders[slotOf(id)];
    if (this.#offers[0].order <= order) this.#noteOrder(order);
  }

  #noteOrder(order: number): void {
    let count = 0;
    while (count < this.#offers.length && this.#offers[count].order <= order) {
      claim(this.#slots.claims, this.#offers[count++].id);
    }
    if (count === 1) this.#offers.shift();
    else this.#offers.splice(0, count);
  }

  #drop(id: number): void {
    this.#takenBack.push(id);
    this.#exchanges.delete(id);
    this.#offers = this.#offers.filter((offer) => offer.id !== id);
  }

  #acknowledge(batch: number, cpuTime: string): void {
    if (!(batch < this.#window.next)) {
      throw new RangeError(`Cannot take acknowledgement: there was no batch ${batch}`);
    }
    this.#window.acknowledge(batch, this.#callbacks.now());
    this.#slots.handled(batch);
    this.#callbacks.onAcknowledged(cpuTime === "" ? undefined : Number(cpuTime));
  }

  #takeHead(kind: number, id: number, lines: string, content: Payload): void {
    const head = checkedHead(lines);
    if ("error" in head) return this.#fail(id, head.error);
    if (head.dropped.length > 0) {
      const exchange = this.#exchanges.get(id);
      if (exchange !== undefined) reportDropped(exchange, head.dropped);
    }
    this.#callbacks.onMessage(kind, id, head.text, content);
  }

  /** Responds for an application that failed, as a worker does that is a thread. */
  #fail(id: number, error: unknown): void {
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) return; // it is over
    const { onMessage } = this.#callbacks;
    failResponse({
      contentFailure: exchange.contentFailure,
      responding: exchange.responding,
      ended: exchange.ended,
      signal: exchange.signal,
      report: (level, event, message, error) =>
        onMessage(FromWorker.log, id, encodeLog(level, event, message, error), null),
      respond: (head, content) => onMessage(FromWorker.response, id, encodeResponse(head), content),
      abort: (reason) => onMessage(FromWorker.cut, id, String(reason), null),
    }, error);
  }

  /** The last batch in which the process may find what was offered so far. */
  get #lastBatch(): number {
    return this.pending ? this.#window.next : this.#window.next - 1;
  }
}

/** Replies to questions of a process. Each of its threads may wait for one. */
class ProcessReplies implements BlockingReplies {
  readonly #channel: ProcessChannel;
  readonly #asking = new Set<number>();

  constructor(channel: ProcessChannel) {
    this.#channel = channel;
  }

  get awaited(): boolean {
    return this.#asking.size > 0;
  }

  awaits(id: number): boolean {
    return this.#asking.has(id);
  }

  /** Notes a question.
   *
   * @param id number of the exchange that it concerns */
  noteQuestion(id: number): void {
    this.#asking.add(id);
  }

  piece(id: number, octets: Uint8Array): number {
    if (!this.#reply(id, ToWorker.content, "", octets)) return 0;
    return octets.length;
  }

  end(id: number): void {
    this.#reply(id, ToWorker.content, "", null);
  }

  fail(id: number, text: string): void {
    this.#reply(id, ToWorker.contentFailed, text, null);
  }

  grant(id: number, limit: number): void {
    this.#reply(id, ToWorker.credit, "", limit);
  }

  abort(id: number, text: string): void {
    this.#reply(id, ToWorker.abort, text, null);
  }

  #reply(id: number, kind: number, text: string, payload: Payload): boolean {
    if (!this.#asking.delete(id)) return false;
    this.#channel.send(kind, id, text, payload);
    this.#channel.flush();
    return true;
  }
}
