// How does a program read content that must not be waited for by promises? By size, by line, or line by
// line in a loop, over one operation that blocks the thread: the next piece. The asynchronous twin is
// ContentReader.

import { resolveSize } from "./read_size.ts";
import { joinPieces } from "./concat.ts";

const LF = 0x0a;
const EMPTY = new Uint8Array(0);

/** Reads content, and blocks the thread until there is some: a file object as `wsgi.input` is one.
 *
 * Octets that a method returned belong to the caller. After a failure every read throws the same error. */
export class BlockingReader implements Iterable<Uint8Array<ArrayBuffer>> {
  readonly #pull: () => Uint8Array<ArrayBuffer> | null;
  /** What was pulled and has not been read. */
  #rest: Uint8Array<ArrayBuffer> = EMPTY;
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
      pieces.push(this.#keepBehind(piece, missing));
      missing -= piece.length;
    }
    return joinPieces(pieces);
  }

  /** Reads to the end of a line.
   *
   * @param size most octets to read, so that the rest of a long line is left for the next call; no
   * bound when it is left out, -1 or `Infinity`
   * @returns the line with its LF, if it has one; nothing at the end
   * @throws {RangeError} when `size` is not a count */
  readline(size?: number): Uint8Array<ArrayBuffer> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let missing = resolveSize(size); missing > 0;) {
      const piece = this.#next();
      if (piece === null) break;
      const at = piece.indexOf(LF);
      const count = at < 0 ? missing : Math.min(at + 1, missing);
      pieces.push(this.#keepBehind(piece, count));
      if (at >= 0) break;
      missing -= piece.length;
    }
    return joinPieces(pieces);
  }

  /** Reads lines.
   *
   * @param hint stop behind the line with which so many octets were read; all lines when it is left
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

  /** Reads line by line. Leaving the loop early leaves the rest to be read.
   *
   * @returns the lines, each with its LF */
  *[Symbol.iterator](): Generator<Uint8Array<ArrayBuffer>, void, void> {
    for (let line = this.readline(); line.length > 0; line = this.readline()) yield line;
  }

  #next(): Uint8Array<ArrayBuffer> | null {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = EMPTY;
      return rest;
    }
    if (this.#ended) return null;
    const piece = this.#pull();
    this.#ended = piece === null;
    return piece;
  }

  /** Keeps what is behind the first `count` octets of `piece` for later and returns those. */
  #keepBehind(piece: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
    if (count >= piece.length) return piece;
    this.#rest = piece.subarray(count);
    return piece.slice(0, count); // a copy: its caller may transfer it
  }
}
