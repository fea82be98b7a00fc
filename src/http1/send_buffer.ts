// The octets that are to be sent and have not gone yet. Small parts of an answer (the head, chunk
// sizes, short content) are put together here so that they leave in one write.

/** A run of octets that grows at its end. */
export class SendBuffer {
  /** The storage; only `bytes[0..length)` holds data. Replaced when the buffer grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Octets put in so far. */
  length = 0;
  #filled: Uint8Array<ArrayBuffer>;

  /** @param size octets of storage to begin with */
  constructor(size: number) {
    this.bytes = this.#filled = new Uint8Array(size);
  }

  /** A view of what was put in. Kept, as answers of one length often follow each other. */
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
    const grown = new Uint8Array(Math.max(wanted, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Puts octets behind what is there. */
  append(octets: Uint8Array): void {
    this.reserve(octets.length);
    this.bytes.set(octets, this.length);
    this.length += octets.length;
  }

  /** Puts ASCII text behind what is there; the caller knows that it is ASCII. */
  appendAscii(text: string): void {
    this.reserve(text.length);
    for (let i = 0; i < text.length; i++) this.bytes[this.length++] = text.charCodeAt(i);
  }

  /** Puts a number and a line end behind what is there. */
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
