// Reads as much of DER (X.690) as certificates need. It trusts no length: an element that ends outside of
// its parent throws.

import { TextDecoder } from "../io/platform.ts";

/** One element. */
export interface DerElement {
  /** Identifier octet: class, whether it is constructed, and number. */
  readonly tag: number;
  /** Its content octets. */
  readonly content: Uint8Array;
}

/** Reads a sequence of elements.
 *
 * @param octets the content of a constructed element, or a whole encoding
 * @returns the elements, in order
 * @throws {RangeError} when an element ends behind the end of `octets`, or is not DER */
export function derElements(octets: Uint8Array): DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < octets.length;) {
    const tag = octetAt(octets, at++);
    if ((tag & 0x1f) === 0x1f) throw malformed("a tag of several octets");
    let length = octetAt(octets, at++);
    if (length >= 0x80) {
      let count = length & 0x7f;
      if (count === 0 || count > 4) throw malformed("a length that DER does not have");
      for (length = 0; count > 0; count--) length = length * 256 + octetAt(octets, at++);
    }
    if (at + length > octets.length) throw malformed("an element that ends outside of its parent");
    elements.push({ tag, content: octets.subarray(at, at + length) });
    at += length;
  }
  return elements;
}

/** Reads the elements inside a constructed element.
 *
 * @param element the element; undefined where a certificate ends too early
 * @param least number of elements that must be there
 * @returns the elements, in order
 * @throws {RangeError} when the element or one inside is missing, or one passes the end */
export function derChildren(element: DerElement | undefined, least = 0): DerElement[] {
  if (element === undefined) throw malformed("an element that is missing");
  const elements = derElements(element.content);
  if (elements.length < least) throw malformed("an element that is missing");
  return elements;
}

/** Reads an object identifier.
 *
 * @param content of the element
 * @returns such as `2.5.4.3` */
export function derOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - first * 40);
    } else {
      arcs.push(arc);
    }
    arc = 0;
  }
  return arcs.join(".");
}

/** Reads a character string of any of the types that names have. Octets that are no character become
 * U+FFFD. */
export function derText({ tag, content }: DerElement): string {
  switch (tag) {
    case 0x1e: // BMPString
      return decoderOf("utf-16be").decode(content);
    case 0x1c: { // UniversalString
      const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
      let text = "";
      for (let at = 0; at + 4 <= content.length; at += 4) {
        const code = view.getUint32(at);
        text += code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
      }
      return text;
    }
    case 0x14: // TeletexString, which holds Latin-1 in practice
      return String.fromCharCode(...content);
    default:
      return decoderOf("utf-8").decode(content);
  }
}

/** Reads a UTCTime or a GeneralizedTime, as RFC 5280 §4.1.2.5 has them.
 *
 * @returns milliseconds since 1970
 * @throws {RangeError} when it is malformed */
export function derTime(element: DerElement): number {
  const text = derText(element);
  const [, year, month, day, hour, minute, second] =
    /^([0-9]{2}|[0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/.exec(text) ?? [];
  if (year === undefined) throw malformed("a time that is none");
  // RFC 5280 §4.1.2.5.1: years of two digits are 1950 to 2049.
  const full = year.length === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900);
  const parts = [month, day, hour, minute, second].map(Number);
  const date = new Date(0);
  date.setUTCFullYear(full, parts[0] - 1, parts[1]); // Date.UTC reads the years 0 to 99 as 1900 to 1999
  date.setUTCHours(parts[2], parts[3], parts[4]);
  return date.getTime();
}

/** Writes octets in hexadecimal digits, with `separator` between two octets. */
export function hexOf(octets: Uint8Array, separator = ""): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0").toUpperCase())
    .join(separator);
}

function octetAt(octets: Uint8Array, at: number): number {
  if (at >= octets.length) throw malformed("an element that is cut off");
  return octets[at];
}

function malformed(what: string): RangeError {
  return new RangeError(`Cannot read DER: it has ${what}`);
}

const decoders = new Map<string, TextDecoder>();

function decoderOf(encoding: string): TextDecoder {
  let decoder = decoders.get(encoding);
  if (decoder === undefined) decoders.set(encoding, decoder = new TextDecoder(encoding));
  return decoder;
}
