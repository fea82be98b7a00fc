// A stream with octets put back in front. The code that inspects the first octets of a connection reads
// more than it needs; the next reader gets those octets, and then the stream itself.

import { Promise } from "./platform.ts";
import type { ByteStream } from "./byte_stream.ts";

/** Puts octets back in front of a stream.
 *
 * @param octets what was read too far; the caller must not change or keep them
 * @param stream the stream that they came from
 * @returns a stream that begins with them; `stream` itself without octets */
export function prefixedStream(octets: Uint8Array, stream: ByteStream): ByteStream {
  return octets.length === 0 ? stream : new PrefixedStream(octets, stream);
}

class PrefixedStream implements ByteStream {
  #octets: Uint8Array;
  readonly #stream: ByteStream;

  constructor(octets: Uint8Array, stream: ByteStream) {
    this.#octets = octets;
    this.#stream = stream;
  }

  read(target: Uint8Array): Promise<number | null> {
    if (this.#octets.length === 0) return this.#stream.read(target);
    const count = Math.min(target.length, this.#octets.length);
    target.set(this.#octets.subarray(0, count));
    // Drops the reference so that the storage can be collected.
    this.#octets = count === this.#octets.length ? NO_OCTETS : this.#octets.subarray(count);
    return Promise.resolve(count);
  }

  write(data: Uint8Array): Promise<number> {
    return this.#stream.write(data);
  }

  closeWrite(): Promise<void> {
    return this.#stream.closeWrite();
  }

  close(): void {
    this.#octets = NO_OCTETS;
    this.#stream.close();
  }
}

const NO_OCTETS = new Uint8Array(0);
