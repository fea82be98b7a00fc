// Parses `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2), for Host values and for the authority
// of a request target. It checks octet by octet, because `new URL` accepts and repairs malformed hosts.

import { HEX_DIGIT, REG_NAME } from "./grammar.ts";

/** A host and the port that was named with it. */
export interface HostAndPort {
  /** The host as sent; an IP literal keeps its brackets. */
  readonly host: string;
  /** The port; undefined if it is missing or empty. */
  readonly port: number | undefined;
}

const COLON = 0x3a;
const DOT = 0x2e;
const PERCENT = 0x25;
const OPENING_BRACKET = 0x5b;
const INVALID = -1;

/** Parses `uri-host [ ":" port ]`.
 *
 * @param value a Host value or an authority
 * @returns host and port, or undefined when it is malformed, empty or has userinfo */
export function parseHost(value: string): HostAndPort | undefined {
  const end = uriHostEnd(value);
  if (end === INVALID) return undefined;
  const port = portBehind(value, end);
  if (port === INVALID) return undefined;
  const named = end + 1 < value.length;
  return { host: value.slice(0, end), port: named ? port : undefined };
}

/** Whether a value is a host with or without a port, by the same rules as `parseHost`.
 *
 * @param value a Host value or an authority
 * @returns true when it is one */
export function isHost(value: string): boolean {
  const end = uriHostEnd(value);
  return end !== INVALID && portBehind(value, end) !== INVALID;
}

/** Index behind the host at the beginning of the value. */
function uriHostEnd(value: string): number {
  if (value.charCodeAt(0) === OPENING_BRACKET) return ipLiteralEnd(value);
  let at = 0;
  for (; at < value.length; at++) {
    const octet = value.charCodeAt(at);
    if (REG_NAME[octet] === 1) continue;
    if (octet !== PERCENT) break;
    if (!isHex(value, at + 1) || !isHex(value, at + 2)) return INVALID;
    at += 2;
  }
  return at === 0 ? INVALID : at; // RFC 9110 §4.2.1: a URI of http without a host is invalid
}

/** The port behind index `end`: 0 without a port, `INVALID` when it is malformed or above 65535. */
function portBehind(value: string, end: number): number {
  if (end === value.length) return 0;
  if (value.charCodeAt(end) !== COLON) return INVALID;
  let port = 0;
  for (let at = end + 1; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return INVALID;
    port = port * 10 + digit;
    if (port > 65535) return INVALID;
  }
  return port;
}

function ipLiteralEnd(value: string): number {
  const closing = value.indexOf("]");
  if (closing === -1) return INVALID;
  const valid = (value.charCodeAt(1) | 0x20) === 0x76 // "v"
    ? isIpFuture(value, 2, closing)
    : isIpv6(value, 1, closing);
  return valid ? closing + 1 : INVALID;
}

/** IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ), read from behind the "v". */
function isIpFuture(value: string, from: number, to: number): boolean {
  let at = from;
  while (at < to && isHex(value, at)) at++;
  if (at === from || value.charCodeAt(at) !== DOT) return false;
  const address = ++at;
  while (at < to && (REG_NAME[value.charCodeAt(at)] === 1 || value.charCodeAt(at) === COLON)) at++;
  return at === to && at > address;
}

/** IPv6address: eight groups, or fewer with one "::"; the last two may be written as IPv4. */
function isIpv6(value: string, from: number, to: number): boolean {
  let at = from;
  let groups = 0;
  let compressed = false;
  if (value.startsWith("::", at)) {
    compressed = true;
    at += 2;
  }
  while (at < to) {
    const group = at;
    while (at < to && at - group < 4 && isHex(value, at)) at++;
    if (at < to && value.charCodeAt(at) === DOT) {
      if (!isIpv4(value, group, to)) return false;
      groups += 2;
      break;
    }
    if (at === group) return false;
    groups++;
    if (at === to) break;
    if (value.charCodeAt(at) !== COLON) return false;
    at++;
    if (value.charCodeAt(at) === COLON) {
      if (compressed) return false;
      compressed = true;
      at++;
    } else if (at === to) {
      return false;
    }
  }
  return compressed ? groups <= 7 : groups === 8;
}

/** Four numbers up to 255 without leading zeros. */
function isIpv4(value: string, from: number, to: number): boolean {
  let at = from;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && value.charCodeAt(at++) !== DOT) return false;
    const begin = at;
    let number = 0;
    while (at < to && at - begin < 3) {
      const digit = value.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
      at++;
    }
    const leadingZero = at - begin > 1 && value.charCodeAt(begin) === 0x30;
    if (at === begin || number > 255 || leadingZero) return false;
  }
  return at === to;
}

function isHex(value: string, at: number): boolean {
  return HEX_DIGIT[value.charCodeAt(at)] > 0; // behind the end the index is NaN, which is not in the table
}
