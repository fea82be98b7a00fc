// Reads content by size, by line, or line by line in a loop, and blocks the thread meanwhile. It is given
// one blocking operation, the next piece. The asynchronous twin is ContentReader.

import { resolveSize } from "./read_size.ts";
import { joinPieces } from "./concat.ts";

const LF = 0x0a;
const EMPTY = new Uint8Array(0);

/** Reads content, and blocks the thread until there is some: a file object as `wsgi.input` is one.
 *
 * Octets that a method returned belong to the caller. After a failure every read throws the same error. */
export class BlockingReader implements Iterable<Uint8Array<ArrayBuffer>> {
  readonly #pull: () => Uint8Array<ArrayBuffer> | null;
  /** Octets that were pulled and have not been read. */
  #unread: Uint8Array<ArrayBuffer> = EMPTY;
  #ended = false;

  /** Makes a reader that has read nothing yet.
   *
   * @param pull waits for the next piece of content and gives it, never an empty one, or null at the end */
  constructor(pull: () => Uint8Array<ArrayBuffer> | null) {
    this.#pull = pull;
  }

  /** Reads `size` octets, fewer only at the end.
   *
   * @param size octets to read; all that are left when it is left out, -1 or `Infinity`
   * @returns the octets; none at the end
   * @throws {RangeError} when `size` is not a count */
  read(size?: number): Uint8Array<ArrayBuffer> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let missing = resolveSize(size); missing > 0;) {
      const piece = this.#next();
      if (piece === null) break;
      pieces.push(this.#takeFirst(piece, missing));
      missing -= piece.length;
    }
    return joinPieces(pieces);
  }

  /** Reads to the end of a line.
   *
   * @param size most octets to read, so that a long line is read by several calls; no bound when it is left
   * out, -1 or `Infinity`
   * @returns the line with its LF, if it has one; nothing at the end
   * @throws {RangeError} when `size` is not a count */
  readline(size?: number): Uint8Array<ArrayBuffer> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let missing = resolveSize(size); missing > 0;) {
      const piece = this.#next();
      if (piece === null) break;
      const at = piece.indexOf(LF);
      const count = at < 0 ? missing : Math.min(at + 1, missing);
      pieces.push(this.#takeFirst(piece, count));
      if (at >= 0) break;
      missing -= piece.length;
    }
    return joinPieces(pieces);
  }

  /** Reads lines.
   *
   * @param hint stops behind the line that brings the octets read to this number; all lines when it is left
   * out, -1, 0 or `Infinity`
   * @returns the lines
   * @throws {RangeError} when `hint` is not a count */
  readlines(hint?: number): Uint8Array<ArrayBuffer>[] {
    const enough = resolveSize(hint) || Infinity;
    const lines: Uint8Array<ArrayBuffer>[] = [];
    for (let total = 0; total < enough;) {
      const line = this.readline();
      if (line.length === 0) break;
      lines.push(line);
      total += line.length;
    }
    return lines;
  }

  /** Reads line by line. A loop that is left early leaves the other lines to be read.
   *
   * @returns the lines, each with its LF */
  *[Symbol.iterator](): Generator<Uint8Array<ArrayBuffer>, void, void> {
    for (let line = this.readline(); line.length > 0; line = this.readline()) yield line;
  }

  #next(): Uint8Array<ArrayBuffer> | null {
    if (this.#unread.length > 0) {
      const unread = this.#unread;
      this.#unread = EMPTY;
      return unread;
    }
    if (this.#ended) return null;
    const piece = this.#pull();
    this.#ended = piece === null;
    return piece;
  }

  /** Returns the first `count` octets of `piece` and keeps the others for the next read. */
  #takeFirst(piece: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
    if (count >= piece.length) return piece;
    this.#unread = piece.subarray(count);
    return piece.slice(0, count); // a copy: the caller may transfer its buffer
  }
}
