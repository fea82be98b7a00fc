// Writes the framing around the pieces of a response's content, given the framing that the head
// announced: what stands before and after each piece and at the end (RFC 9112 §6.2, §7.1).
// It never lets more octets through than were declared.

import { appendField, type Field, type ResponseFraming } from "./response_head.ts";
import type { SendBuffer } from "./send_buffer.ts";

/** Encodes the content of one response. */
export class ContentEncoder {
  /** Octets of content let through so far. */
  sent = 0;
  /** Whether an application offered more than it had declared. */
  overflowed = false;
  readonly #framing: ResponseFraming;
  #insideChunk = false;

  /** @param framing what the head of the response announced */
  constructor(framing: ResponseFraming) {
    this.#framing = framing;
  }

  /** Whether content is sent at all. */
  get wanted(): boolean {
    return this.#framing.kind !== "none";
  }

  /** Writes what stands before a piece.
   *
   * @param out receives the framing
   * @param size octets of the piece, at least 1
   * @returns how many octets of the piece may follow */
  before(out: SendBuffer, size: number): number {
    const framing = this.#framing;
    let allowed = size;
    if (framing.kind === "none") {
      allowed = 0;
    } else if (framing.kind === "chunked") {
      out.appendAscii(size.toString(16) + "\r\n");
      this.#insideChunk = true;
    } else if (framing.kind === "length") {
      allowed = Math.min(size, framing.length - this.sent);
      if (allowed < size) this.overflowed = true;
    }
    this.sent += allowed;
    return allowed;
  }

  /** Writes what stands after a piece. */
  after(out: SendBuffer): void {
    if (this.#framing.kind !== "chunked") return;
    out.appendAscii("\r\n");
    this.#insideChunk = false;
  }

  /** Writes an octet that changes nothing: a leading zero of the next chunk's size (RFC 9112 §7.1).
   *
   * @returns false when the framing has no place for one now */
  probe(out: SendBuffer): boolean {
    if (this.#framing.kind !== "chunked" || this.#insideChunk) return false;
    out.appendAscii("0");
    return true;
  }

  /** Writes what ends the content.
   *
   * @param out receives the framing
   * @param trailers fields behind chunked content, checked
   * @returns false when fewer octets came than were declared; the connection must then be closed */
  finish(out: SendBuffer, trailers: readonly Field[] = []): boolean {
    if (this.#framing.kind === "chunked") {
      out.appendAscii("0\r\n");
      for (const [name, value] of trailers) appendField(out, name, value);
      out.appendAscii("\r\n");
    }
    return this.#framing.kind !== "length" || this.sent === this.#framing.length;
  }
}
