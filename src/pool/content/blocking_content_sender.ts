// Replies with request content to a worker that is blocked until it comes. Content is read when the worker
// asks, and no sooner, so that the connection's deadlines see when the application waits for its client.

import { ProtocolError } from "../../http1/protocol_error.ts";
import { encodeFailure } from "../../threads/error_codec.ts";
import type { PieceSource } from "./gathered_content.ts";
import type { BlockingReplies } from "../wire/worker_channel.ts";
import type { ContentWaitCallbacks } from "./request_content_sender.ts";

/** Replies to a worker's questions for the content of one exchange. */
export class BlockingContentSender {
  readonly #content: PieceSource;
  readonly #replies: BlockingReplies;
  readonly #id: number;
  readonly #callbacks: ContentWaitCallbacks;
  /** Octets that did not fit into the last reply. */
  #remainder: Uint8Array | undefined;

  /** @param content the content
   * @param replies take the replies
   * @param id the exchange's number on the channel
   * @param callbacks learn when the content is waited for */
  constructor(
    content: PieceSource,
    replies: BlockingReplies,
    id: number,
    callbacks: ContentWaitCallbacks,
  ) {
    this.#content = content;
    this.#replies = replies;
    this.#id = id;
    this.#callbacks = callbacks;
  }

  /** Replies with the next piece, as large as it has come. Never rejects. */
  async reply(): Promise<void> {
    try {
      const piece = this.#remainder ?? await this.#read();
      if (piece === null) return this.#replies.end(this.#id);
      const count = this.#replies.piece(this.#id, piece);
      this.#remainder = count < piece.length ? piece.subarray(count) : undefined;
    } catch (error) {
      if (error instanceof ProtocolError) this.#replies.fail(this.#id, encodeFailure(error));
      else this.#replies.abort(this.#id, String(error)); // the connection is gone
    }
  }

  async #read(): Promise<Uint8Array | null> {
    this.#callbacks.contentWaits();
    try {
      return await this.#content.readPiece();
    } finally {
      this.#callbacks.contentCame();
    }
  }
}
