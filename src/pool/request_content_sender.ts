// Sends request content to a worker that waits for it in its event loop. It sends as much as the
// application has asked for, so that content that is not read stays with the client. Blocked workers get
// theirs from blocking_content_sender.ts.

import { ProtocolError } from "../http1/protocol_error.ts";
import { encodeFailure } from "../threads/error_codec.ts";
import type { PieceSource } from "./gathered_content.ts";
import { ToWorker } from "./wire/messages.ts";
import type { MessageSender } from "./wire/worker_channel.ts";

/** Takes the waits for a client's content. */
export interface ContentWaitCallbacks {
  /** The next piece is awaited. */
  contentWaits(): void;
  /** The wait is over. */
  contentCame(): void;
}

/** Sends the content of one exchange. */
export class RequestContentSender {
  readonly #content: PieceSource;
  readonly #channel: MessageSender;
  readonly #id: number;
  readonly #callbacks: ContentWaitCallbacks;
  #wanted = 0;
  #sending = false;
  #stopped = false;

  /** @param content the content
   * @param channel leads to the worker
   * @param id the exchange's number on that channel
   * @param callbacks take the waits */
  constructor(
    content: PieceSource,
    channel: MessageSender,
    id: number,
    callbacks: ContentWaitCallbacks,
  ) {
    this.#content = content;
    this.#channel = channel;
    this.#id = id;
    this.#callbacks = callbacks;
  }

  /** Sends so many octets more, as soon as they come; a piece may pass that. */
  want(octets: number): void {
    this.#wanted += octets;
    if (!this.#sending) void this.#send();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
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
        if (piece === null) return this.#channel.send(ToWorker.content, this.#id, "", null);
        this.#wanted -= piece.length;
        this.#channel.give(ToWorker.content, this.#id, piece); // no other reader has it
      }
      this.#sending = false;
    } catch (error) {
      this.#callbacks.contentCame();
      if (this.#stopped || !(error instanceof ProtocolError)) return; // the connection is gone
      this.#channel.send(ToWorker.contentFailed, this.#id, encodeFailure(error));
    }
  }
}
