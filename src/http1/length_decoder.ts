// Decodes content whose length the head declares: takes exactly that many octets from the receive buffer.

import type { ContentDecoder } from "./content_decoder.ts";
import { FieldSection } from "./field_section.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";

/** Decodes content of a known length. */
export class LengthDecoder implements ContentDecoder {
  received = 0;
  readonly #length: number;

  /** @param length octets of content */
  constructor(length: number) {
    this.#length = length;
  }

  get done(): boolean {
    return this.received === this.#length;
  }

  get remaining(): number {
    return this.#length - this.received;
  }

  get contiguous(): number {
    return this.#length - this.received;
  }

  get trailers(): FieldSection {
    return FieldSection.empty;
  }

  take(buffer: ReceiveBuffer, most = Infinity): Uint8Array<ArrayBuffer> | "need-data" | "done" {
    if (this.done) return "done";
    const { bytes, start, length } = buffer;
    if (length === 0) return "need-data";
    const count = Math.min(length, this.remaining, most);
    buffer.consume(count);
    this.received += count;
    return bytes.subarray(start, start + count);
  }

  skip(count: number): void {
    this.received += count;
  }
}
