// Collects the octets that are to be sent. Small parts of a response (the head, chunk sizes, short
// content) are joined here, so that they leave in one write.

/** Octets that may follow what a buffer grows for: the end of a chunk and the size of the next. */
const FRAMING = 64;

/** Most octets of storage that a buffer grows by although fewer are wanted. */
const LARGEST_GROWTH = 16 * 1024;

/** A buffer of octets that grows at its end. */
export class SendBuffer {
  /** The storage; only `bytes[0..length)` holds data. Replaced when the buffer grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Number of octets put in so far. */
  length = 0;
  #filled: Uint8Array<ArrayBuffer>;

  /** @param size initial octets of storage */
  constructor(size: number) {
    this.bytes = this.#filled = new Uint8Array(size);
  }

  /** A view of what was put in. It is cached, because responses of one length often follow each other. */
  get filled(): Uint8Array<ArrayBuffer> {
    const { bytes, length } = this;
    if (this.#filled.length !== length || this.#filled.buffer !== bytes.buffer) {
      this.#filled = bytes.subarray(0, length);
    }
    return this.#filled;
  }

  /** Makes room for `count` more octets. */
  reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.bytes.length) return;
    const size = this.bytes.length;
    const grown = new Uint8Array(
      Math.max(wanted + FRAMING, Math.min(size * 2, size + LARGEST_GROWTH)),
    );
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Appends octets. */
  append(octets: Uint8Array): void {
    this.reserve(octets.length);
    this.bytes.set(octets, this.length);
    this.length += octets.length;
  }

  /** Appends ASCII text. The caller must make sure that it is ASCII. */
  appendAscii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Appends a decimal number and CRLF. */
  appendNumberLine(value: number): void {
    const digits = value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : String(value).length;
    this.reserve(digits + 2);
    const { bytes } = this;
    let at = this.length += digits;
    for (let rest = value, i = 0; i < digits; i++) {
      const quotient = Math.floor(rest / 10);
      bytes[--at] = 0x30 + (rest - quotient * 10);
      rest = quotient;
    }
    bytes[this.length++] = 0x0d;
    bytes[this.length++] = 0x0a;
  }
}
