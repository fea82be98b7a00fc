// How is content read whose length was declared? Given the source behind a head and the length, this
// reads exactly so many octets. A source that ends before is an error, never a short content.

import { LengthDecoder } from "../http1/length_decoder.ts";
import { FramedReader } from "./framed_reader.ts";
import { type BufferedSource, bufferSource, type ByteSource } from "./byte_source.ts";

/** Reads content of known length.
 *
 * @example Usage
 * ```ts
 * using file = await Deno.open("deno.json");
 * const reader = new KnownLengthReader(file, 16);
 * const line = await reader.readline();
 * ```
 */
export class KnownLengthReader extends FramedReader {
  /** Makes a reader of content whose first octet comes next.
   *
   * @param source where the octets come from; nothing behind the content is read from it
   * @param length octets of content
   * @throws {RangeError} when `length` is not a count */
  constructor(source: ByteSource | BufferedSource, length: number) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`Cannot read content: expected a length of 0 or more, got ${length}`);
    }
    super(bufferSource(source), new LengthDecoder(length));
  }
}
