// A response that comes from a worker in pieces. The pieces are passed on as fast as the client takes
// them, and the worker gets credit for more.

import { clearTimeout, setTimeout, then } from "../io/platform.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Field } from "../http1/response_head.ts";
import { costOf, ReceiveCredit } from "./wire/flow_control.ts";
import type { SpooledResponse } from "./content/spooled_response.ts";
import { ToWorker } from "./wire/messages.ts";
import type { WorkerChannel } from "./wire/worker_channel.ts";

/** Milliseconds that a write waits for a slow client. One that takes more than some megabytes a second has
 * shorter waits. */
const SLOW_WAIT = 50;

/** Milliseconds that a worker may be blocked by a slow client before the rest goes to a file. */
const SPOOL_AFTER = 20;

/** The exchange that the response belongs to. */
export interface ResponseStreamCallbacks {
  /** Whether nothing more is to be passed on. */
  readonly isOver: boolean;
  /** The time of this turn of the event loop. */
  now(): number;
  /** The response is complete. */
  finish(): void;
  /** The response cannot be completed. */
  cut(reason: unknown): void;
  /** Makes room for pieces while the client is slow; undefined where there is none. */
  spoolResponse(): SpooledResponse | undefined;
}

/** Passes a response on piece by piece. */
export class ResponseStream {
  readonly #exchange: Exchange;
  readonly #channel: WorkerChannel;
  readonly #id: number;
  readonly #callbacks: ResponseStreamCallbacks;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  readonly #credit = new ReceiveCredit();
  /** Pieces that were written: their storage goes back to the worker. */
  readonly #written: Uint8Array<ArrayBuffer>[] = [];
  /** Whether the worker blocks: it would find its storage only at the end of the whole response. */
  #blocked = false;
  /** What a worker has sent that is blocked until it may send more. */
  #awaitingCredit: number | undefined;
  /** Since when the client has taken nothing from a worker that is blocked. */
  #stalledSince: number | undefined;
  /** Has the rest of the response taken in when the worker has been blocked for long. */
  #spoolTimer: ReturnType<typeof setTimeout> | undefined;
  /** What has come behind the pieces in memory. */
  #spool: SpooledResponse | undefined;
  #ended = false;
  #trailers: Iterable<Field> | undefined;
  #writing = false;

  /** @param exchange the exchange, its response begun
   * @param channel leads to the worker
   * @param id the exchange's number on that channel
   * @param callbacks take the end */
  constructor(
    exchange: Exchange,
    channel: WorkerChannel,
    id: number,
    callbacks: ResponseStreamCallbacks,
  ) {
    this.#exchange = exchange;
    this.#channel = channel;
    this.#id = id;
    this.#callbacks = callbacks;
  }

  /** Whether a piece waits for the client. */
  get writing(): boolean {
    return this.#writing;
  }

  /** Milliseconds for which its worker has been blocked while the client took nothing. */
  stalledFor(now: number): number {
    return this.#stalledSince === undefined ? 0 : now - this.#stalledSince;
  }

  /** Passes a piece on behind those before.
   *
   * @throws {RangeError} when the worker does not wait for credit */
  add(piece: Uint8Array<ArrayBuffer>): void {
    this.#credit.receive(costOf(piece.length));
    if (this.#spool?.holdsPieces) this.#spoolPiece(piece);
    else this.#pieces.push(piece);
    void this.#write();
  }

  /** Ends it behind the last piece.
   *
   * @param trailers fields behind the content */
  end(trailers: Iterable<Field> | undefined): void {
    this.#ended = true;
    this.#trailers = trailers;
    void this.#write();
  }

  /** Replies to a worker that is blocked until the client has taken some of what it has sent.
   *
   * @param sent what it has sent in all, as its credit counts */
  replyCredit(sent: number): void {
    this.#awaitingCredit = sent;
    this.#blocked = true;
    if (!this.#credit.hasRoomAfter(sent)) {
      this.#spoolTimer ??= setTimeout(() => this.#takeIn(), SPOOL_AFTER);
      this.#stalledSince ??= this.#callbacks.now();
      return;
    }
    this.#awaitingCredit = this.#stalledSince = undefined;
    this.#stopTimer();
    this.#channel.replies.grant(this.#id, this.#credit.limit);
  }

  /** Frees what it takes; nothing more is passed on. */
  close(): void {
    this.#stopTimer();
    this.#spool?.close();
  }

  #stopTimer(): void {
    clearTimeout(this.#spoolTimer);
    this.#spoolTimer = undefined;
  }

  /** Takes in what is in memory, so that the worker may send more. */
  #takeIn(): void {
    this.#spoolTimer = undefined;
    if (this.#awaitingCredit === undefined || this.#callbacks.isOver) return;
    this.#spool ??= this.#callbacks.spoolResponse();
    if (this.#spool === undefined || this.#spool.holdsPieces) return;
    for (const piece of this.#pieces.splice(0)) this.#spoolPiece(piece);
  }

  #spoolPiece(piece: Uint8Array<ArrayBuffer>): void {
    // Where it stays in memory, the worker waits until the client has taken it.
    then(this.#spool!.add(piece), (inFile) => inFile && this.#notePassed(piece));
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      for (;;) {
        let piece = this.#pieces.shift();
        let wasInFile = false;
        if (piece === undefined && this.#spool?.holdsPieces) {
          ({ piece, wasInFile } = await this.#spool.next());
          if (piece === undefined) continue; // it has come to the file
        }
        if (piece === undefined) break;
        if (this.#callbacks.isOver) return;
        const sending = this.#exchange.write(piece);
        if (sending !== undefined) await this.#timed(sending);
        if (this.#stalledSince !== undefined) this.#stalledSince = this.#callbacks.now();
        if (this.#exchange.ended) return this.#stop();
        if (!this.#blocked && this.#channel.reuses(piece)) this.#written.push(piece);
        if (!wasInFile) this.#notePassed(piece);
      }
      if (!this.#ended || this.#callbacks.isOver) return;
      this.#exchange.end(this.#trailers);
      this.#callbacks.finish();
    } catch (error) {
      this.#callbacks.cut(error);
    } finally {
      this.#writing = false;
    }
  }

  /** Notes that a piece has left the memory that the worker has credit for. */
  #notePassed(piece: Uint8Array): void {
    const more = this.#credit.take(costOf(piece.length));
    if (more > 0) this.#grantMore();
    if (this.#awaitingCredit !== undefined) this.replyCredit(this.#awaitingCredit);
  }

  /** Waits for the client. */
  async #timed(sending: Promise<void>): Promise<void> {
    const since = this.#callbacks.now();
    await sending;
    if (this.#callbacks.now() - since >= SLOW_WAIT) this.#credit.shrink();
  }

  #grantMore(): void {
    const channel = this.#channel;
    channel.send(ToWorker.credit, this.#id, "", this.#credit.limit);
    for (const piece of this.#written) channel.giveBack(piece);
    this.#written.length = 0;
  }

  /** The response is complete although more pieces come: they pass its declared length. */
  #stop(): void {
    this.#channel.send(ToWorker.abort, this.#id, "The declared length has been passed");
    this.#callbacks.finish();
  }
}
