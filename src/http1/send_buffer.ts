// The octets that are to be sent and have not gone yet. Small parts of an answer (the head, chunk
// sizes, short content) are put together here so that they leave in one write.

const encoder = new TextEncoder();

/** A run of octets that grows at its end. */
export class SendBuffer {
  /** The storage; only `bytes[0..length)` holds data. Replaced when the buffer grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Octets put in so far. */
  length = 0;

  /** @param size octets of storage to begin with */
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
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

  /** Puts text behind what is there, as UTF-8. */
  appendText(text: string): void {
    this.reserve(text.length * 3); // no UTF-16 unit takes more than three octets
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }
}
