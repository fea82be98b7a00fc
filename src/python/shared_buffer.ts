// Memory that this thread and the interpreter both see. A call into the interpreter is cheap as long as
// it carries nothing but numbers, so whatever is longer lies here: written by one side, read by the
// other, never by both at a time.

import { Buffer } from "node:buffer";
import type { PyBuffer, PyBufferView } from "./pyodide.ts";

/** What a frame begins with; larger pieces cross it in parts. */
const USUAL_SIZE = 64 * 1024;

/** Memory of the interpreter. */
export class SharedBuffer {
  readonly #resize: (size: number) => PyBuffer;
  #memory: PyBuffer;
  #view: PyBufferView;
  #octets: Buffer;

  /** @param resize makes the memory inside, `resize` of wsgi_handler.py */
  constructor(resize: (size: number) => PyBuffer) {
    this.#resize = resize;
    this.#memory = resize(USUAL_SIZE);
    this.#view = this.#memory.getBuffer("u8");
    this.#octets = nodeBufferOf(this.#view);
  }

  /** The octets. Not to be kept: when the interpreter takes more memory of the system, all of its
   * memory becomes another ArrayBuffer. */
  get octets(): Buffer {
    if (this.#octets.length === 0) {
      this.#view.release();
      this.#view = this.#memory.getBuffer("u8");
      this.#octets = nodeBufferOf(this.#view);
    }
    return this.#octets;
  }

  /** Makes room for so many octets; what was there is lost when there was not. */
  reserve(size: number): void {
    if (size <= this.octets.length) return;
    this.#view.release();
    this.#memory.destroy();
    this.#memory = this.#resize(size);
    this.#view = this.#memory.getBuffer("u8");
    this.#octets = nodeBufferOf(this.#view);
  }

  /** Looks at octets.
   *
   * @returns no copy, and not to be kept either */
  view(start: number, end: number): Uint8Array {
    const { buffer, byteOffset } = this.octets;
    return new Uint8Array(buffer, byteOffset + start, end - start);
  }

  /** Writes text as UTF-8, as much as has room.
   *
   * @returns how many octets it takes */
  writeText(text: string): number {
    return this.octets.write(text, "utf-8");
  }

  /** Reads text that was written as UTF-8. */
  readText(size: number): string {
    return this.octets.toString("utf-8", 0, size);
  }

  /** Writes text with one octet for each character, which has to have room.
   *
   * @returns how many octets it takes */
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
