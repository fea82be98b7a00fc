// An answer that comes from a worker in pieces. They are passed on as fast as the client takes them, and
// the worker is told how many more may come.

import type { Exchange } from "../exchange/exchange.ts";
import { ReceiveCredit } from "./wire/flow_control.ts";
import { LARGEST_CLONE, ToWorker } from "./wire/messages.ts";
import type { WayToWorker } from "./pooled_exchange.ts";

/** Whose answer it is. */
export interface ResponseStreamCallbacks {
  /** Whether nothing more is to be passed on. */
  readonly isOver: boolean;
  /** It is complete. */
  finish(): void;
  /** It cannot be completed. */
  giveUp(reason: unknown): void;
}

/** Passes an answer on piece by piece. */
export class ResponseStream {
  readonly #exchange: Exchange;
  readonly #way: WayToWorker;
  readonly #id: number;
  readonly #callbacks: ResponseStreamCallbacks;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  readonly #grant = new ReceiveCredit();
  /** Pieces that were written: their storage is the worker's again. */
  readonly #spares: Uint8Array<ArrayBuffer>[] = [];
  /** Whether the worker blocks: it would find what it is given back only at the end of it all. */
  #blocked = false;
  /** What a worker has sent that is blocked until it may send more. */
  #awaitingRoom: number | undefined;
  #ended = false;
  #writing = false;

  /** @param exchange the exchange, its answer begun
   * @param way how the worker is reached
   * @param id the exchange's number on the wire
   * @param owner who is told of the end */
  constructor(
    exchange: Exchange,
    way: WayToWorker,
    id: number,
    callbacks: ResponseStreamCallbacks,
  ) {
    this.#exchange = exchange;
    this.#way = way;
    this.#id = id;
    this.#callbacks = callbacks;
  }

  /** Passes a piece on behind those before. */
  add(piece: Uint8Array<ArrayBuffer>): void {
    this.#pieces.push(piece);
    void this.#write();
  }

  /** Ends it behind the last piece. */
  end(): void {
    this.#ended = true;
    void this.#write();
  }

  /** Replies to a worker that is blocked until the client has taken some of what it has sent.
   *
   * @param sent octets that it has sent in all */
  replyRoom(sent: number): void {
    this.#awaitingRoom = sent;
    this.#blocked = true;
    if (!this.#grant.eased(sent)) return;
    this.#awaitingRoom = undefined;
    this.#way.blockingServer.grant(this.#id, this.#grant.limit);
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      for (let piece; (piece = this.#pieces.shift()) !== undefined;) {
        if (this.#callbacks.isOver) return;
        const sending = this.#exchange.write(piece);
        if (sending !== undefined) await sending;
        if (this.#exchange.ended) return this.#stop();
        if (piece.length > LARGEST_CLONE && !this.#blocked) this.#spares.push(piece);
        const more = this.#grant.took(piece.length);
        if (more > 0) this.#grantMore();
        if (this.#awaitingRoom !== undefined) this.replyRoom(this.#awaitingRoom);
      }
      if (!this.#ended || this.#callbacks.isOver) return;
      this.#exchange.end();
      this.#callbacks.finish();
    } catch (error) {
      this.#callbacks.giveUp(error);
    } finally {
      this.#writing = false;
    }
  }

  #grantMore(): void {
    const { batcher } = this.#way;
    batcher.put(ToWorker.credit, this.#id, "", this.#grant.limit);
    for (const spare of this.#spares) batcher.give(ToWorker.spare, this.#id, spare);
    this.#spares.length = 0;
  }

  /** The answer is complete although more pieces come: they pass its declared length. */
  #stop(): void {
    this.#way.batcher.put(ToWorker.abort, this.#id, "The declared length has been passed");
    this.#callbacks.finish();
  }
}
