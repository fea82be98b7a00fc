// Sends request content to a worker that waits for it in its event loop. It sends as much as the
// application has asked for, so that content that is not read stays with the client. Blocked workers get
// theirs from blocking_content_sender.ts.

import { Promise } from "../../io/platform.ts";
import { ProtocolError } from "../../http1/protocol_error.ts";
import { encodeFailure } from "../../threads/error_codec.ts";
import type { PieceSource } from "./gathered_content.ts";
import { costOf } from "../wire/flow_control.ts";
import { ToWorker } from "../wire/messages.ts";
import type { MessageSender } from "../wire/worker_channel.ts";

/** Octets of the largest piece that is cloned: up to here that is quicker than to give it away. A
 * view is never cloned, because all of its storage would be. */
export const LARGEST_CLONE = 4 * 1024;

/** The request, as far as its trailer section needs it. */
export interface TrailerSource {
  readonly head: { readonly framing: { readonly kind: string } };
  readonly trailers: Promise<{ readonly lines: string }>;
}

/** Takes the waits for a client's content. */
export interface ContentWaitCallbacks {
  /** The next piece is awaited. */
  contentWaits(): void;
  /** The wait is over. */
  contentCame(): void;
  /** The connection is gone: nothing more comes. */
  contentLost(error: unknown): void;
}

/** Sends the content of one exchange. */
export class RequestContentSender {
  readonly #content: PieceSource;
  readonly #channel: MessageSender;
  readonly #id: number;
  readonly #callbacks: ContentWaitCallbacks;
  readonly #exchange: TrailerSource;
  #wanted = 0;
  #sending = false;
  #stopped = false;
  readonly #done = Promise.withResolvers<void>();

  /** @param content the content
   * @param channel leads to the worker
   * @param id the exchange's number on that channel
   * @param callbacks take the waits
   * @param exchange has the trailer section */
  constructor(
    content: PieceSource,
    channel: MessageSender,
    id: number,
    callbacks: ContentWaitCallbacks,
    exchange: TrailerSource,
  ) {
    this.#content = content;
    this.#channel = channel;
    this.#id = id;
    this.#callbacks = callbacks;
    this.#exchange = exchange;
  }

  /** Whether the worker wants content, or may ask for more. */
  get active(): boolean {
    return !this.#stopped;
  }

  /** Resolves when nothing more is sent. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Sends so much more, as soon as it comes; a piece may pass that. 0: the application reads no more.
   *
   * @param cost what the pieces may cost, as {@linkcode costOf} counts */
  want(cost: number): void {
    if (cost === 0) return this.stop();
    this.#wanted += cost;
    if (!this.#sending) void this.#send();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#done.resolve();
  }

  /** Never rejects. It still counts as sending after the end and after a failure, so that nothing
   * follows. */
  async #send(): Promise<void> {
    this.#sending = true;
    try {
      while (this.#wanted > 0 && !this.#stopped) {
        this.#callbacks.contentWaits();
        const piece = await this.#content.readPiece();
        this.#callbacks.contentCame();
        if (piece === null) {
          const isChunked = this.#exchange.head.framing.kind === "chunked";
          const trailers = isChunked ? (await this.#exchange.trailers).lines : "";
          this.#channel.send(ToWorker.content, this.#id, trailers, null);
          return this.stop();
        }
        this.#wanted -= costOf(piece.length);
        const { length, buffer } = piece;
        if (length <= LARGEST_CLONE && length === buffer.byteLength) {
          this.#channel.send(ToWorker.content, this.#id, "", piece);
        } else this.#channel.give(ToWorker.content, this.#id, piece); // no other reader has it
      }
      this.#sending = false;
    } catch (error) {
      this.#callbacks.contentCame();
      if (this.#stopped) return;
      if (error instanceof ProtocolError) {
        this.#channel.send(ToWorker.contentFailed, this.#id, encodeFailure(error));
      } else this.#callbacks.contentLost(error);
      this.stop();
    }
  }
}
