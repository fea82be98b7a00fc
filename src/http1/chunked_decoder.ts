// Decodes chunked content (RFC 9112 §7.1) with a state machine. It looks at each octet once and can stop
// after any of them, so the result does not depend on how the octets arrived. It accepts only the exact
// grammar: a chunk line that one reader accepts and another does not allows request smuggling.

import { type ExtensionState, nextInExtension } from "./chunk_extension.ts";
import type { ContentDecoder, ContentLimits } from "./content_decoder.ts";
import { FieldSection, FieldSectionParser } from "./field_section.ts";
import { CR, HEX_DIGIT, isOws, LF } from "./grammar.ts";
import { ProtocolError, quoted } from "./protocol_error.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";

const SEMICOLON = 0x3b;

/** Leading zeros count. 14 digits reach 2^53. A sender that pads to a machine word uses 16. */
const MAX_SIZE_DIGITS = 16;

type ChunkedState =
  | "size"
  | ExtensionState
  | "line-feed"
  | "data"
  | "data-carriage-return"
  | "data-line-feed"
  | "trailers"
  | "done";

/** Decodes chunked content. */
export class ChunkedDecoder implements ContentDecoder {
  received = 0;
  trailers: FieldSection = FieldSection.empty;

  readonly #limits: ContentLimits;
  #state: ChunkedState = "size";
  #digits = 0;
  /** The chunk's size as read so far. Within the data: the number of octets still to come. */
  #size = 0;
  #lineSize = 0;
  #extensionSize = 0;
  #trailerParser: FieldSectionParser | undefined;
  #failure: unknown;

  /** @param limits bounds on chunk lines and trailers */
  constructor(limits: ContentLimits) {
    this.#limits = limits;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  get remaining(): number {
    return this.#state === "done" ? 0 : Infinity;
  }

  get contiguous(): number {
    return this.#state === "data" ? this.#size : 0;
  }

  take(buffer: ReceiveBuffer, most = Infinity): Uint8Array<ArrayBuffer> | "need-data" | "done" {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#take(buffer, most);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  skip(count: number): void {
    this.received += count;
    this.#size -= count;
    if (this.#size === 0) this.#state = "data-carriage-return";
  }

  #take(buffer: ReceiveBuffer, most = Infinity): Uint8Array<ArrayBuffer> | "need-data" | "done" {
    for (;;) {
      switch (this.#state) {
        case "done":
          return "done";
        case "data": {
          const { bytes, start, length } = buffer;
          if (length === 0) return "need-data";
          const count = Math.min(length, this.#size, most);
          buffer.consume(count);
          this.skip(count);
          return bytes.subarray(start, start + count);
        }
        case "trailers":
          if (!this.#takeTrailers(buffer)) return "need-data";
          break;
        default:
          if (!this.#takeFraming(buffer)) return "need-data";
      }
    }
  }

  /** Takes the end of a chunk and the line of the next one. Returns false when more octets are needed. */
  #takeFraming(buffer: ReceiveBuffer): boolean {
    const { bytes, start, end } = buffer;
    for (let at = start; at < end;) {
      this.#step(bytes[at++]);
      if (this.#state === "data" || this.#state === "trailers") {
        buffer.consume(at - start);
        return true;
      }
    }
    buffer.consume(end - start);
    return false;
  }

  #step(octet: number): void {
    switch (this.#state) {
      case "size":
        return this.#stepSize(octet);
      case "line-feed":
        if (octet !== LF) throw malformed("line", "LF behind CR", octet);
        this.#state = this.#size === 0 ? "trailers" : "data";
        return;
      case "data-carriage-return":
        if (octet !== CR) throw malformed("end", "CRLF behind the data", octet);
        this.#state = "data-line-feed";
        return;
      case "data-line-feed":
        if (octet !== LF) throw malformed("end", "CRLF behind the data", octet);
        this.#beginLine();
        return;
      case "data":
      case "trailers":
      case "done":
        throw new TypeError(`Cannot take a framing octet: the state is ${this.#state}`);
      default:
        return this.#stepExtension(this.#state, octet);
    }
  }

  #beginLine(): void {
    this.#state = "size";
    this.#digits = this.#size = this.#lineSize = 0;
  }

  #stepSize(octet: number): void {
    const digit = HEX_DIGIT[octet] - 1;
    if (digit >= 0) {
      this.#countInLine();
      this.#size = this.#size * 16 + digit;
      if (++this.#digits > MAX_SIZE_DIGITS || this.#size > Number.MAX_SAFE_INTEGER) {
        throw new ProtocolError(
          "malformed-chunk",
          400,
          "RFC 9112 §7.1",
          `Cannot read chunk size: expected at most ${MAX_SIZE_DIGITS} hex digits and 2^53-1`,
        );
      }
    } else if (this.#digits === 0) {
      throw malformed("size", `1-${MAX_SIZE_DIGITS} hex digits`, octet);
    } else if (octet === CR) {
      this.#state = "line-feed";
    } else if (octet === SEMICOLON) {
      this.#countInExtension();
      this.#state = "before-name";
    } else if (isOws(octet)) {
      this.#countInExtension();
      this.#state = "before-semicolon";
    } else {
      throw malformed("size", 'a hex digit, ";" or CRLF', octet);
    }
  }

  #stepExtension(state: ExtensionState, octet: number): void {
    const next = nextInExtension(state, octet);
    if (next === undefined) throw malformed("extension", "name[=value]", octet);
    if (next !== "line-feed") this.#countInExtension();
    this.#state = next;
  }

  #countInExtension(): void {
    this.#countInLine();
    if (++this.#extensionSize > this.#limits.maxChunkExtensionSize) {
      throw new ProtocolError(
        "chunk-extensions-too-large",
        413,
        "RFC 9112 §7.1.1",
        `Cannot read chunk extensions: more than ${this.#limits.maxChunkExtensionSize} octets`,
      );
    }
  }

  #countInLine(): void {
    if (++this.#lineSize > this.#limits.maxChunkLineSize) {
      throw new ProtocolError(
        "chunk-line-too-long",
        400,
        "RFC 9112 §7.1.1",
        `Cannot read chunk line: longer than ${this.#limits.maxChunkLineSize} octets`,
      );
    }
  }

  #takeTrailers(buffer: ReceiveBuffer): boolean {
    const { bytes, start, length } = buffer;
    // Hardly any message has trailers: the empty line alone needs no parser.
    if (this.#trailerParser === undefined && (length === 0 || bytes[start] === CR)) {
      if (length < 2) return false;
      if (bytes[start + 1] === LF) {
        buffer.consume(2);
        this.#state = "done";
        return true;
      }
    }
    this.#trailerParser ??= new FieldSectionParser({
      maxSize: this.#limits.maxTrailerSize,
      maxCount: this.#limits.maxTrailerCount,
      // Trailers are never merged into the fields of the head, so they cannot forge one.
      underscore: "allow",
      tooLarge: "trailer-too-large",
      tooMany: "trailer-too-large",
      malformed: "malformed-trailer",
    });
    const trailers = this.#trailerParser.parse(buffer);
    if (trailers === undefined) return false;
    this.trailers = trailers;
    this.#state = "done";
    return true;
  }
}

function malformed(part: string, expected: string, octet: number): ProtocolError {
  const got = quoted(String.fromCharCode(octet));
  return new ProtocolError(
    "malformed-chunk",
    400,
    "RFC 9112 §7.1",
    `Cannot read chunk ${part}: expected ${expected}, got ${got}`,
  );
}
