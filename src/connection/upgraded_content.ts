// The client's octets after an upgrade, as they come off the connection. What came behind the request
// belongs to them.

import { ContentReader } from "../content/content_reader.ts";
import type { StreamReader } from "../io/stream_reader.ts";

/** Reads the octets of a connection that does not speak HTTP any more. */
export class UpgradedContent extends ContentReader {
  readonly #reader: StreamReader;
  readonly #onLost: () => void;

  /** @param reader reads the connection
   * @param onLost called when the connection is lost */
  constructor(reader: StreamReader, onLost: () => void) {
    super();
    this.#reader = reader;
    this.#onLost = onLost;
  }

  protected override async pull(): Promise<Uint8Array<ArrayBuffer> | null> {
    const { buffer } = this.#reader;
    while (buffer.length === 0) {
      if (!await this.#reader.fill()) {
        const { failure } = this.#reader;
        if (failure === undefined) return null;
        this.#onLost();
        throw failure;
      }
    }
    const octets = buffer.bytes.slice(buffer.start, buffer.end);
    buffer.consume(octets.length);
    return octets;
  }
}
