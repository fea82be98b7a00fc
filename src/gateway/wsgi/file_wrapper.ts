// `wsgi.file_wrapper`: a file as the content of a response, piece by piece. The gateway iterates over it
// with or without blocking.

import type { FileLike } from "./wsgi_types.ts";
import { kindOf } from "./response_rules.ts";

/** A file as content (PEP 3333, "Optional Platform-Specific File Handling"). Its `close()` closes the file.
 *
 * @example Usage
 * ```ts
 * import { FileWrapper, type WsgiApp } from "./mod.ts";
 *
 * const app: WsgiApp = (_environ, startResponse) => {
 *   startResponse("200 OK", [["Content-Type", "application/json"]]);
 *   return new FileWrapper(Deno.openSync("deno.json"));
 * };
 * ``` */
export class FileWrapper implements Iterable<Uint8Array>, AsyncIterable<Uint8Array> {
  readonly #file: FileLike;
  readonly #blockSize: number;

  /** Makes content of a file.
   *
   * @param file the file, which is read from its current position
   * @param blockSize most octets in a piece
   * @throws {TypeError} when `file` has no `read`
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

  /** Reads the file without blocking, if it has a `read` that does not block.
   *
   * @returns its pieces */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const piece = await this.#read();
      if (piece.length === 0) return;
      yield piece;
    }
  }

  /** Closes the file.
   *
   * @returns what its own `close` returns */
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
