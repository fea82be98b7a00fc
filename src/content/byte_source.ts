// Where do a reader's octets come from? Either from anything that can be read like a `Deno.Conn`, or
// from a source with a buffer that several readers use one after the other: what one of them has not
// taken stays in the buffer for the next.

import { ReceiveBuffer } from "../http1/receive_buffer.ts";

/** Something to read octets from, such as a `Deno.Conn` or a `Deno.FsFile`. */
export interface ByteSource {
  /** Reads what there is, at most `target.length` octets.
   *
   * @param target where to put them
   * @returns how many, or null at the end */
  read(target: Uint8Array): Promise<number | null>;
}

/** Octets that come from a {@linkcode ByteSource} through a bounded buffer. */
export interface BufferedSource {
  /** What has arrived and nobody has taken. */
  readonly buffer: ReceiveBuffer;
  /** Most octets that are asked for past the buffer at once; 64 KiB without it. */
  readonly largestRead?: number;
  /** Waits for more octets in the buffer.
   *
   * @returns false at the end */
  fill(): Promise<boolean>;
  /** Reads past the buffer; only while the buffer is empty.
   *
   * @param target where to put the octets
   * @returns how many, or null at the end */
  readInto(target: Uint8Array): Promise<number | null>;
}

/** Room for what Deno gives in one read of a busy socket; a trailer section may need more. */
const INITIAL_SIZE = 16 * 1024;
const MAX_SIZE = 64 * 1024;

/** Puts a bounded buffer before a plain source. */
export class SourceBuffer implements BufferedSource {
  readonly buffer: ReceiveBuffer;
  readonly #source: ByteSource;

  /** Makes an empty buffer before a source.
   *
   * @param source where the octets come from
   * @param maxSize octets that may wait; what is parsed as a whole, such as a trailer section, must fit
   */
  constructor(source: ByteSource, maxSize: number = MAX_SIZE) {
    this.#source = source;
    this.buffer = new ReceiveBuffer(Math.min(INITIAL_SIZE, maxSize), maxSize);
  }

  /** Reads more octets into the buffer.
   *
   * @returns false at the end */
  async fill(): Promise<boolean> {
    const count = await this.#source.read(this.buffer.space());
    if (count === null) return false;
    this.buffer.commit(count);
    return true;
  }

  /** Reads past the buffer; only while it is empty.
   *
   * @param target where to put the octets
   * @returns how many, or null at the end */
  readInto(target: Uint8Array): Promise<number | null> {
    return this.#source.read(target);
  }
}

/** Gives any source a buffer.
 *
 * @param source a plain source, or one with a buffer, which is returned as it is
 * @param maxSize octets that may wait in a new buffer
 * @returns a source with a buffer */
export function bufferSource(
  source: ByteSource | BufferedSource,
  maxSize?: number,
): BufferedSource {
  return "buffer" in source ? source : new SourceBuffer(source, maxSize);
}
