// Where readers take their octets from: anything that can be read like a `Deno.Conn`. A source with a
// buffer serves several readers one after the other: what one has not taken stays there for the next.

import { ReceiveBuffer } from "../http1/receive_buffer.ts";

/** Something to read octets from, such as a `Deno.Conn` or a `Deno.FsFile`. */
export interface ByteSource {
  /** Reads what there is, at most `target.length` octets.
   *
   * @param target where to put them
   * @returns how many, or null at the end */
  read(target: Uint8Array): Promise<number | null>;
}

/** A source whose octets come through a bounded buffer. */
export interface BufferedSource extends ByteSource {
  /** Octets that have arrived and no reader has taken. */
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

  /** Puts an empty buffer before a source.
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

  /** Reads what is in the buffer, else past it. */
  read(target: Uint8Array): Promise<number | null> {
    return readThrough(this, target);
  }

  /** Reads past the buffer; only while it is empty.
   *
   * @param target where to put the octets
   * @returns how many, or null at the end */
  readInto(target: Uint8Array): Promise<number | null> {
    return this.#source.read(target);
  }
}

/** Gives a source a buffer, so that several readers can use it one after the other: each begins with what
 * the reader before it has received and not taken.
 *
 * @param source where the octets come from; a source that has a buffer is returned as it is
 * @param maxSize octets that may wait in a new buffer
 * @returns a source with a buffer
 *
 * @example Usage
 * ```ts
 * import { bufferSource, HeaderReader, KnownLengthReader } from "./mod.ts";
 *
 * const octets = new TextEncoder().encode("Content-Length: 2\r\n\r\nok");
 * let at = 0;
 * const source = bufferSource({
 *   read(target) {
 *     const piece = octets.subarray(at, at + target.length);
 *     target.set(piece);
 *     at += piece.length;
 *     return Promise.resolve(piece.length === 0 ? null : piece.length);
 *   },
 * });
 * const fields = await new HeaderReader().read(source);
 * const content = new KnownLengthReader(source, Number(fields.get("content-length")));
 * console.log(new TextDecoder().decode(await content.read())); // ok
 * ``` */
export function bufferSource(source: ByteSource, maxSize?: number): ByteSource {
  return toBufferedSource(source, maxSize);
}

/** Does the same as {@linkcode bufferSource}, for the readers here, which use the buffer. */
export function toBufferedSource(source: ByteSource, maxSize?: number): BufferedSource {
  return isBuffered(source) ? source : new SourceBuffer(source, maxSize);
}

/** Reads what is in the buffer of a source, else past it: how a source with a buffer implements `read`. */
export async function readThrough(
  source: BufferedSource,
  target: Uint8Array,
): Promise<number | null> {
  const { buffer } = source;
  if (buffer.length === 0) return await source.readInto(target);
  const count = Math.min(target.length, buffer.length);
  target.set(buffer.bytes.subarray(buffer.start, buffer.start + count));
  buffer.consume(count);
  return count;
}

function isBuffered(source: ByteSource): source is BufferedSource {
  return "buffer" in source && source.buffer instanceof ReceiveBuffer;
}
