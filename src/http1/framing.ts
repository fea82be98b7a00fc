// Decides how the content of a request is delimited, given the framing fields of a complete head
// (RFC 9112 §6.3). It decides once: later code receives the result and never looks at the fields again.

import { equalsIgnoringCase, isOws, listElements, TOKEN } from "./grammar.ts";
import { ProtocolError, quoted } from "./protocol_error.ts";

/** How a request's content is delimited. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" };

/** The framing of a request that has neither Content-Length nor Transfer-Encoding. */
const NO_CONTENT: Framing = Object.freeze({ kind: "none" });
const CHUNKED: Framing = Object.freeze({ kind: "chunked" });

const MAX_LENGTH_DIGITS = 16; // as 2^53 - 1 has, the largest length that a number holds exactly
const SEMICOLON = 0x3b;

/** Decides how a request's content is delimited.
 *
 * @param lengths values of the Content-Length lines
 * @param codings values of the Transfer-Encoding lines
 * @param minorVersion 0 for HTTP/1.0, 1 for HTTP/1.1 and later
 * @returns the framing
 * @throws {ProtocolError} when two readers could disagree, or the coding is not supported */
export function decideFraming(
  lengths: readonly string[],
  codings: readonly string[],
  minorVersion: 0 | 1,
): Framing {
  if (codings.length === 0) {
    return lengths.length === 0 ? NO_CONTENT : { kind: "length", length: parseLength(lengths) };
  }
  if (lengths.length > 0) {
    // RFC 9112 §6.1 would allow to read it as chunked and close. Only an attacker sends both.
    const message = "Cannot frame content: both Content-Length and Transfer-Encoding are present";
    throw new ProtocolError("length-and-transfer-coding", 400, "RFC 9112 §6.1", message);
  }
  if (minorVersion === 0) {
    const message = "Cannot frame content: Transfer-Encoding in an HTTP/1.0 request";
    throw new ProtocolError("transfer-coding-in-http-1.0", 400, "RFC 9112 §6.1", message);
  }
  checkCodings(codings.join(","));
  return CHUNKED;
}

/** Returns only if the list of codings is exactly `chunked`. */
function checkCodings(list: string): void {
  const codings = listElements(list);
  if (codings.length === 1 && equalsIgnoringCase(codings[0], "chunked")) return;
  const last = codings.length - 1;
  if (last === -1 || !codings.every((coding, index) => isAcceptable(coding, index === last))) {
    const expected = 'expected Transfer-Encoding "chunked"';
    const message = `Cannot frame content: ${expected}, got ${quoted(list)}`;
    throw new ProtocolError("malformed-transfer-coding", 400, "RFC 9112 §6.3", message);
  }
  const message = `Cannot decode transfer coding: expected "chunked" alone, got ${quoted(list)}`;
  throw new ProtocolError("transfer-coding-not-supported", 501, "RFC 9112 §6.1", message);
}

/** Whether a list with this coding is well-formed, though not supported. */
function isAcceptable(coding: string, isLast: boolean): boolean {
  if (!isCoding(coding)) return false;
  const name = coding.slice(0, tokenEnd(coding));
  if (!equalsIgnoringCase(name, "chunked")) return true;
  // RFC 9112 §6.1: chunked is applied once. §6.3: the end of content is unknown if another coding
  // follows it. §7.1: it has no parameters.
  return isLast && name === coding;
}

/** Whether this is a token, alone or with parameters. The parameters are not checked. */
function isCoding(coding: string): boolean {
  let at = tokenEnd(coding);
  if (at === 0) return false;
  while (isOws(coding.charCodeAt(at))) at++;
  return at === coding.length || coding.charCodeAt(at) === SEMICOLON;
}

function tokenEnd(text: string): number {
  let at = 0;
  while (at < text.length && TOKEN[text.charCodeAt(at)] === 1) at++;
  return at;
}

/** The length of a Content-Length field. More than one line is an error. */
function parseLength(lengths: readonly string[]): number {
  for (const text of lengths) {
    if (isAllDigits(text)) continue;
    failLength(`expected digits, got ${quoted(text)}`);
  }
  if (lengths.length > 1) {
    if (lengths.every((text) => text === lengths[0])) failLength("it is given more than once");
    const message = `Cannot frame content: Content-Length is both ${quoted(lengths[0])} and ${
      quoted(lengths.find((text) => text !== lengths[0])!)
    }`;
    throw new ProtocolError("conflicting-length", 400, "RFC 9110 §8.6", message);
  }
  return lengthOf(lengths[0]);
}

function lengthOf(digits: string): number {
  let length = 0;
  for (let at = 0; at < digits.length; at++) length = length * 10 + (digits.charCodeAt(at) - 0x30);
  if (digits.length <= MAX_LENGTH_DIGITS && length <= Number.MAX_SAFE_INTEGER) return length;
  const message = `Cannot take content in: Content-Length ${quoted(digits)} is above 2^53 - 1`;
  throw new ProtocolError("content-too-large", 413, "RFC 9110 §8.6", message);
}

function isAllDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return text !== "";
}

function failLength(detail: string): never {
  const message = `Cannot read Content-Length: ${detail}`;
  throw new ProtocolError("malformed-content-length", 400, "RFC 9110 §8.6", message);
}
