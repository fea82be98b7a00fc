// Reading and writing that blocks a worker's thread: what an application without promises does with an
// exchange. Content that came with the head is read here; for the rest the thread asks the main one and
// sleeps until it has replied.

import type { ContentReader } from "../../content/content_reader.ts";
import type { BlockingExchange } from "../../exchange/exchange.ts";
import type { BlockingClient, Reply } from "../wire/blocking_channel.ts";
import type { SendCredit } from "../wire/flow_control.ts";
import { decodeFailure } from "../../threads/error_codec.ts";
import { FromWorker } from "../wire/messages.ts";
import type { MessageBatcher } from "../wire/message_batcher.ts";
import { PieceContentReader, WholeContentReader } from "./request_content.ts";

/** The exchange that is read and written. */
export interface BlockingCallbacks {
  readonly id: number;
  readonly content: ContentReader | undefined;
  /** Sends a piece of the answer that was begun.
   *
   * @throws what the exchange was aborted with */
  send(piece: Uint8Array): SendCredit;
  /** @throws what the exchange was aborted with */
  throwIfAborted(): void;
  /** Nobody waits any more. */
  disconnect(reason: unknown): void;
}

/** One exchange, for an application that blocks. */
export class WorkerBlockingExchange implements BlockingExchange {
  /** Why content could not be read, once that has happened. */
  failure: unknown;

  readonly #host: BlockingCallbacks;
  readonly #batcher: MessageBatcher;
  readonly #caller: BlockingClient;
  #ended = false;

  /** @param host the exchange
   * @param outbox where questions go
   * @param caller where replies come from */
  constructor(host: BlockingCallbacks, batcher: MessageBatcher, caller: BlockingClient) {
    this.#host = host;
    this.#batcher = batcher;
    this.#caller = caller;
  }

  readPiece(): Uint8Array<ArrayBuffer> | null {
    this.#host.throwIfAborted();
    if (this.failure !== undefined) throw this.failure;
    const { content } = this.#host;
    if (content instanceof WholeContentReader) return content.takeAll();
    if (this.#ended || content === undefined) return null;
    if (content instanceof PieceContentReader) content.giveUp();
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
    this.#host.throwIfAborted();
    const credit = this.#host.send(piece);
    this.#batcher.flush(); // the thread may be busy for long before it makes the next piece
    while (!credit.open) {
      const reply = this.#ask(FromWorker.awaitRoom, credit.sent);
      if (reply.kind === "room") credit.raise(reply.limit);
    }
  }

  #ask(kind: number, payload: number | null): Exclude<Reply, { kind: "aborted" }> {
    const reply = this.#caller.call(() => {
      this.#batcher.put(kind, this.#host.id, "", payload);
      this.#batcher.flush();
    });
    if (reply.kind !== "aborted") return reply;
    this.#host.disconnect(new DOMException(reply.text, "AbortError"));
    this.#host.throwIfAborted();
    throw new DOMException(reply.text, "AbortError");
  }
}
