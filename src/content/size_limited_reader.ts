// Limits how much content an application takes. It is given a reader or a plain source and a number; it
// passes so many octets on and fails with the first one more. It counts content, not framing.

import { MaxSizeExceededError } from "../http1/max_size_exceeded_error.ts";
import { checkLimit } from "./read_size.ts";
import type { GrowingBuffer } from "./growing_buffer.ts";
import { ContentReader } from "./content_reader.ts";
import { type BufferedSource, type ByteSource, toBufferedSource } from "./byte_source.ts";

const READ_SIZE = 64 * 1024;
/** Room for which octets are not read piece by piece, and copied once more. */
const LARGE_ROOM = 16 * 1024;

/** Reads content up to a limit; with one octet more it fails with a {@linkcode MaxSizeExceededError}
 * (413, RFC 9110 §15.5.14).
 *
 * @example Usage
 * ```ts
 * import { SizeLimitedReader } from "./mod.ts";
 *
 * using file = await Deno.open("deno.json");
 * const reader = new SizeLimitedReader(file, 64 * 1024);
 * const text = new TextDecoder().decode(await reader.read());
 * ``` */
export class SizeLimitedReader extends ContentReader {
  /** Most octets that are passed on. */
  readonly maxSize: number;
  /** The reader or the source that it was given. */
  readonly #inner: ContentReader | undefined;
  readonly #source: BufferedSource | undefined;
  #received = 0;

  /** Makes a reader that passes `maxSize` octets on.
   *
   * @param source a reader, of which the content counts, or a source, of which every octet counts
   * @param maxSize most octets; `Infinity` for no limit
   * @throws {RangeError} when `maxSize` is not a count or `Infinity` */
  constructor(source: ContentReader | ByteSource, maxSize: number) {
    super();
    this.maxSize = checkLimit("maxSize", maxSize);
    if (source instanceof ContentReader) this.#inner = source;
    else this.#source = toBufferedSource(source);
  }

  /** Ends reading and closes the reader that it was given; a source stays open. */
  override close(): void {
    super.close();
    this.#inner?.close();
  }

  /** Gives the next piece unless it passes the limit.
   *
   * @returns a piece of content, or null at the end */
  protected override async pull(): Promise<Uint8Array<ArrayBuffer> | null> {
    const piece = await (this.#inner?.readPiece() ?? this.#readSource());
    if (piece === null) return null;
    this.#received += piece.length;
    if (this.#received > this.maxSize) throw new MaxSizeExceededError(this.maxSize);
    return piece;
  }

  /** Reads the next octets into a buffer, unless they pass the limit.
   *
   * @param target takes the octets
   * @returns whether the content has ended */
  protected override async pullInto(target: GrowingBuffer): Promise<boolean> {
    const { limit, size } = target;
    // A read of a small part finds out piece by piece that there is too much, and so as early as other reads.
    if (this.#inner === undefined || (limit !== Infinity && target.room < LARGE_ROOM)) {
      return await super.pullInto(target);
    }
    // One octet more than is allowed shows that there is too much.
    target.limit = Math.min(limit, size + this.maxSize - this.#received + 1);
    const ended = await this.#inner.readSome(target);
    this.#received += target.size - size;
    if (this.#received > this.maxSize) throw new MaxSizeExceededError(this.maxSize);
    target.limit = limit;
    return ended;
  }

  async #readSource(): Promise<Uint8Array<ArrayBuffer> | null> {
    const source = this.#source!;
    const { buffer } = source;
    const most = Math.min(READ_SIZE, this.maxSize - this.#received + 1);
    if (buffer.length > 0) {
      const piece = buffer.bytes.slice(buffer.start, buffer.start + Math.min(most, buffer.length));
      buffer.consume(piece.length);
      return piece;
    }
    const target = new Uint8Array(most);
    let count: number | null = 0;
    while (count === 0) count = await source.readInto(target);
    if (count === null) return null;
    return count * 2 > most ? target.subarray(0, count) : target.slice(0, count);
  }
}
