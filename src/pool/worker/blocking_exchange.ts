// Reading and writing that blocks a worker's thread, for an application without promises. Content that came
// with the head is read here; for other content the thread asks the main thread and sleeps until it has
// replied.

import { DOMException } from "../../io/platform.ts";
import type { ContentReader } from "../../content/content_reader.ts";
import type { BlockingExchange } from "../../exchange/exchange.ts";
import { decodeFailure } from "../../threads/error_codec.ts";
import type { SendCredit } from "../wire/flow_control.ts";
import { FromWorker } from "../wire/messages.ts";
import type { PoolChannel, Reply } from "../wire/worker_channel.ts";
import { PieceContentReader, WholeContentReader } from "./request_content.ts";

/** The exchange that is read and written. */
export interface BlockingCallbacks {
  readonly id: number;
  readonly content: ContentReader | undefined;
  /** Sends a piece of the response that was begun.
   *
   * @throws what the exchange was aborted with */
  sendPiece(piece: Uint8Array): SendCredit;
  /** @throws what the exchange was aborted with */
  throwIfAborted(): void;
  /** The response is not wanted any more. */
  disconnect(reason: unknown): void;
}

/** One exchange, for an application that blocks. */
export class WorkerBlockingExchange implements BlockingExchange {
  /** Why content could not be read, once that has happened. */
  failure: unknown;

  readonly #exchange: BlockingCallbacks;
  readonly #channel: PoolChannel;
  #ended = false;

  /** @param exchange the exchange
   * @param channel leads to the pool */
  constructor(exchange: BlockingCallbacks, channel: PoolChannel) {
    this.#exchange = exchange;
    this.#channel = channel;
  }

  readPiece(): Uint8Array<ArrayBuffer> | null {
    this.#throwIfGivenUp();
    if (this.failure !== undefined) throw this.failure;
    const { content } = this.#exchange;
    if (content instanceof WholeContentReader) return content.takeUnread();
    if (this.#ended || content === undefined) return null;
    if (content instanceof PieceContentReader) content.closeForBlocking();
    const reply = this.#ask(FromWorker.awaitContent, null);
    switch (reply.kind) {
      case "piece":
        return reply.octets;
      case "failed":
        throw this.failure = decodeFailure(reply.text);
      default:
        this.#ended = true;
        return null;
    }
  }

  write(piece: Uint8Array): void {
    this.#throwIfGivenUp();
    const credit = this.#exchange.sendPiece(piece);
    this.#channel.flush(); // the thread may be busy for long before it makes the next piece
    while (!credit.open) {
      const reply = this.#ask(FromWorker.awaitCredit, credit.sent);
      if (reply.kind === "credit") credit.raise(reply.limit);
    }
  }

  /** Throws when the client has left: an application that only writes would not hear of it before its credit
   * is used up. */
  #throwIfGivenUp(): void {
    if (this.#channel.isGivenUp(this.#exchange.id)) {
      this.#exchange.disconnect(
        new DOMException("The response is not wanted any more", "AbortError"),
      );
    }
    this.#exchange.throwIfAborted();
  }

  #ask(kind: number, payload: number | null): Exclude<Reply, { kind: "aborted" }> {
    const reply = this.#channel.ask(kind, this.#exchange.id, payload);
    if (reply.kind !== "aborted") return reply;
    this.#exchange.disconnect(new DOMException(reply.text, "AbortError"));
    this.#exchange.throwIfAborted();
    throw new DOMException(reply.text, "AbortError");
  }
}
