// Reads what can be told of the request line of a head that was rejected, for logs. Nothing is served by it,
// so it is lenient: it gives the parts that stand where they belong, shortened.

import type { RequestLineParts } from "../exchange/finished_response.ts";
import { CR, LF, SP, textOf, TOKEN } from "../http1/grammar.ts";

/** Octets of a method. Longer ones are rejected in any case. */
const LONGEST_METHOD = 32;
/** Octets of a target that are told. */
const LONGEST_TARGET = 1_000;
/** Stands behind a target that is shortened. */
const SHORTENED = "...";

const PROTOCOL = /^HTTP\/\d\.\d$/;
const PROTOCOL_SIZE = 8;

/** Reads the parts.
 *
 * @param bytes the storage
 * @param start index of the line's first octet
 * @param end index behind the last octet that has arrived
 * @returns the parts in order, up to the first one that is not there */
export function faultyRequestLine(
  bytes: Uint8Array,
  start: number,
  end: number,
): RequestLineParts {
  let at = start;
  const methodStop = Math.min(end, start + LONGEST_METHOD);
  while (at < methodStop && TOKEN[bytes[at]] === 1) at++;
  if (at === start || at === end || bytes[at] !== SP) return {};
  const method = textOf(bytes, start, at, false);
  const targetStart = ++at;
  const targetStop = Math.min(end, targetStart + LONGEST_TARGET);
  while (at < targetStop && !isEnd(bytes[at])) at++;
  if (at === targetStart) return { method };
  const isShortened = at < end && !isEnd(bytes[at]);
  const target = textOf(bytes, targetStart, at, false) + (isShortened ? SHORTENED : "");
  while (at < end && !isEnd(bytes[at])) at++;
  if (at === end || bytes[at] !== SP) return { method, target };
  const protocol = textOf(bytes, at + 1, Math.min(end, at + 1 + PROTOCOL_SIZE), false);
  return PROTOCOL.test(protocol) ? { method, target, protocol } : { method, target };
}

function isEnd(octet: number): boolean {
  return octet === SP || octet === CR || octet === LF;
}
