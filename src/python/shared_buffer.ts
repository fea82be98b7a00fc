// Memory that this thread and the interpreter share. A call into the interpreter is cheap if it passes
// only numbers, so all texts and octets are passed here. One side writes, then the other reads; they never
// use it at the same time.

import { Buffer } from "node:buffer";
import type { PyBuffer, PyBufferView } from "./pyodide.ts";

/** Initial size; larger pieces are passed in parts. */
const USUAL_SIZE = 64 * 1024;

/** Memory of the interpreter. */
export class SharedBuffer {
  readonly #resize: (size: number) => PyBuffer;
  #memory: PyBuffer;
  #view: PyBufferView;
  #octets: Buffer;

  /** @param resize allocates the memory in the interpreter: `resize` of wsgi_handler.py */
  constructor(resize: (size: number) => PyBuffer) {
    this.#resize = resize;
    this.#memory = resize(USUAL_SIZE);
    this.#view = this.#memory.getBuffer("u8");
    this.#octets = nodeBufferOf(this.#view);
  }

  /** The octets. Do not keep them: when the interpreter takes more memory from the system, all of its
   * memory becomes another ArrayBuffer. */
  get octets(): Buffer {
    if (this.#octets.length === 0) {
      this.#view.release();
      this.#view = this.#memory.getBuffer("u8");
      this.#octets = nodeBufferOf(this.#view);
    }
    return this.#octets;
  }

  /** Makes room for `size` octets. If the buffer has to grow, its octets are lost. */
  reserve(size: number): void {
    if (size <= this.octets.length) return;
    this.#view.release();
    this.#memory.destroy();
    this.#memory = this.#resize(size);
    this.#view = this.#memory.getBuffer("u8");
    this.#octets = nodeBufferOf(this.#view);
  }

  /** A view of octets.
   *
   * @returns a view without a copy, not to be kept either */
  view(start: number, end: number): Uint8Array {
    const { buffer, byteOffset } = this.octets;
    return new Uint8Array(buffer, byteOffset + start, end - start);
  }

  /** Writes text as UTF-8, as much as fits.
   *
   * @returns the number of octets */
  writeText(text: string): number {
    return this.octets.write(text, "utf-8");
  }

  /** Reads text that was written as UTF-8. */
  readText(size: number): string {
    return this.octets.toString("utf-8", 0, size);
  }

  /** Writes text with one octet for each character. There must be room for it.
   *
   * @returns the number of octets */
  writeNative(text: string): number {
    return this.octets.write(text, "latin1");
  }

  /** Reads text with one character for each octet. */
  readNative(size: number): string {
    return this.octets.toString("latin1", 0, size);
  }
}

function nodeBufferOf({ data }: PyBufferView): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
