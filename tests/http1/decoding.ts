// Feeds octets to a content decoder in pieces, as a connection does, and records the result.

import type { ContentDecoder } from "../../src/http1/content_decoder.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";

/** The result of decoding some octets. */
export interface Outcome {
  /** `"done"`, `"need-data"` when the octets ran out, or the code of an error. */
  readonly end: string;
  /** Status of the error, or 0. */
  readonly status: number;
  /** The content, one character an octet. */
  readonly content: string;
  readonly trailers: [string, string][];
  /** Number of octets that were not taken; not compared after an error. */
  readonly left: number;
}

/** Decodes octets.
 *
 * @param decoder a new decoder
 * @param wire the octets
 * @param size octets in each piece, or the sizes of all pieces (the last size is that of all later ones)
 * @param direct whether data is read past the buffer where the decoder allows it
 * @param onEmpty called with the buffer whenever more octets are needed
 * @returns the result */
export function decodeInPieces(
  decoder: ContentDecoder,
  wire: Uint8Array,
  size: number | readonly number[],
  { direct = false, onEmpty = () => {} }: {
    readonly direct?: boolean;
    readonly onEmpty?: (buffer: ReceiveBuffer) => void;
  } = {},
): Outcome {
  const sizes = typeof size === "number" ? [size] : size;
  const buffer = new ReceiveBuffer(4, 1 << 20);
  let content = "";
  let fed = 0;
  const outcome = (end: string, status = 0): Outcome => ({
    end,
    status,
    content,
    trailers: decoder.trailers.entries(),
    left: status === 0 ? buffer.length + wire.length - fed : 0,
  });
  for (let index = 0;;) {
    let step;
    try {
      step = decoder.take(buffer);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return outcome(error.code, error.status);
    }
    if (step === "done") return outcome("done");
    if (step !== "need-data") {
      content += text(step);
      continue;
    }
    onEmpty(buffer);
    if (fed === wire.length) return outcome("need-data");
    const next = sizes[Math.min(index++, sizes.length - 1)];
    const piece = wire.subarray(
      fed,
      fed + (direct ? Math.min(next, decoder.contiguous || 1) : next),
    );
    fed += piece.length;
    if (direct && decoder.contiguous > 0) {
      content += text(piece);
      decoder.skip(piece.length);
    } else {
      append(buffer, piece);
    }
  }
}

/** A buffer with some octets. */
export function bufferWith(wire: string): ReceiveBuffer {
  const buffer = new ReceiveBuffer(64);
  append(buffer, octets(wire));
  return buffer;
}

/** Octets of a text with one character an octet. */
export function octets(wire: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(wire, (character) => character.charCodeAt(0));
}

/** The inverse of {@linkcode octets}; a word such as `"done"` stays as it is. */
export function text(bytes: Uint8Array | string): string {
  return typeof bytes === "string"
    ? bytes
    : Array.from(bytes, (octet) => String.fromCharCode(octet)).join("");
}

function append(buffer: ReceiveBuffer, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const space = buffer.space();
    const part = bytes.subarray(at, at + space.length);
    space.set(part);
    buffer.commit(part.length);
    at += part.length;
  }
}
