// `wsgi.file_wrapper`: a file as the content of an answer, piece by piece. It is read as it can be:
// without blocking where the answer is sent so.

import type { FileLike } from "./wsgi_types.ts";
import { kindOf } from "./response_rules.ts";

/** A file as content. Its `close()` closes the file. */
export class FileWrapper implements Iterable<Uint8Array>, AsyncIterable<Uint8Array> {
  readonly #file: FileLike;
  readonly #blockSize: number;

  /** Makes content of a file.
   *
   * @param file what is read from where it stands
   * @param blockSize octets of a piece
   * @throws {TypeError} when it is no file
   * @throws {RangeError} when `blockSize` is not a count above 0 */
  constructor(file: FileLike, blockSize: number = 64 * 1024) {
    if (typeof file?.readSync !== "function" && typeof file?.read !== "function") {
      throw new TypeError(`Cannot wrap file: expected one with read(), got ${kindOf(file)}`);
    }
    if (!Number.isSafeInteger(blockSize) || blockSize < 1) {
      throw new RangeError(`Cannot wrap file: expected a block size above 0, got ${blockSize}`);
    }
    this.#file = file;
    this.#blockSize = blockSize;
  }

  /** Reads the file, and blocks while it does.
   *
   * @returns its pieces
   * @throws {TypeError} when the file can only be read by promises */
  *[Symbol.iterator](): Generator<Uint8Array, void, void> {
    for (;;) {
      const piece = this.#readSync();
      if (piece.length === 0) return;
      yield piece;
    }
  }

  /** Reads the file without blocking, if it can be read so.
   *
   * @returns its pieces */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const piece = await this.#read();
      if (piece.length === 0) return;
      yield piece;
    }
  }

  /** Closes the file. */
  close(): unknown {
    return this.#file.close?.();
  }

  #readSync(): Uint8Array {
    const file = this.#file;
    if (file.readSync !== undefined) {
      const buffer = new Uint8Array(this.#blockSize);
      return buffer.subarray(0, file.readSync(buffer) ?? 0);
    }
    const piece = file.read(this.#blockSize);
    if (piece instanceof Uint8Array) return piece;
    throw new TypeError(`Cannot read file: expected Uint8Array, got ${kindOf(piece)}`);
  }

  async #read(): Promise<Uint8Array> {
    const file = this.#file;
    if (file.readSync !== undefined) {
      if (file.read === undefined) return this.#readSync();
      const buffer = new Uint8Array(this.#blockSize);
      return buffer.subarray(0, await file.read(buffer) ?? 0);
    }
    const piece = await file.read(this.#blockSize);
    if (piece instanceof Uint8Array) return piece;
    throw new TypeError(`Cannot read file: expected Uint8Array, got ${kindOf(piece)}`);
  }
}
