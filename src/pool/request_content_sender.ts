// Request content for a worker that waits for it in its event loop. It is sent as far as the application
// has asked, so that what nobody reads stays with the client. Blocked workers are answered by
// blocked_reader.ts.

import type { ContentReader } from "../content/content_reader.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import { encodeFailure } from "../threads/error_codec.ts";
import { ToWorker } from "./wire/messages.ts";
import type { MessageBatcher } from "./wire/message_batcher.ts";

/** Sends the content of one exchange. */
export class RequestContentSender {
  readonly #content: ContentReader;
  readonly #batcher: MessageBatcher;
  readonly #id: number;
  #wanted = 0;
  #sending = false;
  #stopped = false;

  /** @param content the content
   * @param outbox where messages to the worker go
   * @param id the exchange's number on the wire */
  constructor(content: ContentReader, batcher: MessageBatcher, id: number) {
    this.#content = content;
    this.#batcher = batcher;
    this.#id = id;
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

  /** Never rejects. It counts as sending behind the end and a failure too, so that nothing follows. */
  async #send(): Promise<void> {
    this.#sending = true;
    try {
      while (this.#wanted > 0 && !this.#stopped) {
        const piece = await this.#content.readPiece();
        if (piece === null) return this.#batcher.put(ToWorker.content, this.#id, "", null);
        this.#wanted -= piece.length;
        this.#batcher.give(ToWorker.content, this.#id, piece); // nobody else has it
      }
      this.#sending = false;
    } catch (error) {
      if (this.#stopped || !(error instanceof ProtocolError)) return; // the connection is gone
      this.#batcher.put(ToWorker.contentFailed, this.#id, encodeFailure(error));
    }
  }
}
