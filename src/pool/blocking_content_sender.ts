// Request content for a worker that is blocked until it comes. It is pulled when the worker asks, and no
// sooner, so that the connection's deadlines see when the application waits for its client.

import type { ContentReader } from "../content/content_reader.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import { encodeFailure } from "../threads/error_codec.ts";
import type { BlockingServer } from "./wire/blocking_channel.ts";

/** Answers a worker's questions for the content of one exchange. */
export class BlockingContentSender {
  readonly #content: ContentReader;
  readonly #blockingServer: BlockingServer;
  readonly #id: number;
  /** What was pulled and did not fit into the last reply. */
  #rest: Uint8Array | undefined;

  /** @param content the content
   * @param answerer where replies go
   * @param id the exchange's number on the wire */
  constructor(content: ContentReader, blockingServer: BlockingServer, id: number) {
    this.#content = content;
    this.#blockingServer = blockingServer;
    this.#id = id;
  }

  /** Replies with the next piece, as large as it has come. Never rejects. */
  async reply(): Promise<void> {
    try {
      const piece = this.#rest ?? await this.#content.readPiece();
      if (piece === null) return this.#blockingServer.end(this.#id);
      const count = this.#blockingServer.piece(this.#id, piece);
      this.#rest = count < piece.length ? piece.subarray(count) : undefined;
    } catch (error) {
      if (error instanceof ProtocolError) this.#blockingServer.fail(this.#id, encodeFailure(error));
      else this.#blockingServer.abort(this.#id, String(error)); // the connection is gone
    }
  }
}
