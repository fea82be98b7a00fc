// The client's octets after an upgrade, as they come off the connection. What came behind the request
// belongs to them.

import { ContentReader } from "../content/content_reader.ts";
import { Promise, then } from "../io/platform.ts";
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

  /** Gives views of the receive buffer: nothing is copied, and no promise is made for each piece but that of the
   * read. Many connections wait here, so the wait is one callback. */
  override pushTo(
    take: (octets: Uint8Array<ArrayBuffer>) => void | Promise<void>,
  ): Promise<void> {
    const reader = this.#reader;
    const { buffer } = reader;
    return new Promise((resolve, reject) => {
      const giveAll = (): void => {
        try {
          while (buffer.length > 0 && !this.closed) {
            const { length } = buffer;
            const wait = take(buffer.bytes.subarray(buffer.start, buffer.end));
            if (wait !== undefined) {
              const taken = () => {
                buffer.consume(length);
                giveAll();
              };
              return void then(wait, taken, reject);
            }
            buffer.consume(length);
          }
          if (this.closed) resolve();
          else then(reader.fill(), giveNext);
        } catch (error) {
          reject(error);
        }
      };
      const giveNext = (more: boolean): void => {
        if (more) return giveAll();
        if (reader.failure === undefined) return resolve();
        if (!this.closed) this.#onLost();
        reject(reader.failure);
      };
      giveAll();
    });
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
