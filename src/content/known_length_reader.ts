// Reads content whose length was declared. It is given the source behind a head and the length, and reads
// exactly so many octets: a source that ends before is an error, never short content.

import { FramedReader } from "./framed_reader.ts";
import type { ByteSource } from "./byte_source.ts";

/** Reads content of known length (RFC 9112 §6.2).
 *
 * @example Usage
 * ```ts
 * import { KnownLengthReader } from "./mod.ts";
 *
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
  constructor(source: ByteSource, length: number) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`Cannot read content: expected a length of 0 or more, got ${length}`);
    }
    super(source, { kind: "length", length });
  }
}
