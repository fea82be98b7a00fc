// Encodes text as UTF-8, straight into the buffer in which it is sent: an array for each text costs more than
// its encoding. Short text is mostly ASCII, which is encoded without a call out of JavaScript.

import { TextEncoder } from "./platform.ts";
import { Buffer } from "node:buffer";
import type { SendBuffer } from "../http1/send_buffer.ts";

const encoder = new TextEncoder();
/** The platform's own: an application may replace the method. It takes a fifth of the time of the encoding. */
const { byteLength } = Buffer;
/** Up to this length a loop over the characters is faster than a call out of JavaScript. */
const LONGEST_LOOP = 256;

/** How many octets a text takes. */
export function encodedLength(text: string): number {
  const { length } = text;
  if (length > LONGEST_LOOP) return byteLength(text);
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) > 0x7f) return byteLength(text);
  }
  return length;
}

/** Appends a text to a buffer.
 *
 * @param size its {@linkcode encodedLength} */
export function appendText(out: SendBuffer, text: string, size: number): void {
  out.reserve(size);
  const { bytes, length } = out;
  if (size > LONGEST_LOOP || size !== text.length) {
    encoder.encodeInto(text, bytes.subarray(length, length + size));
  } else {
    for (let i = 0; i < size; i++) bytes[length + i] = text.charCodeAt(i);
  }
  out.length += size;
}

/** Appends as much of a text as fits.
 *
 * @param start where to begin in the text
 * @param room most octets to append, at least four
 * @returns where the text continues */
export function appendTextPart(
  out: SendBuffer,
  text: string,
  start: number,
  room: number,
): number {
  out.reserve(room);
  const { bytes, length } = out;
  // Each unit takes at least one octet. A part must not end within a pair of surrogates.
  const part = text.slice(start, start + room);
  const { read, written } = encoder.encodeInto(part, bytes.subarray(length, length + room));
  out.length += written;
  return start + read;
}
