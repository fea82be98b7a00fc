// What do the proxies say of a request's way? Each of them adds an element to the right of those that
// came with the request, so the left is whatever the client made up. Elements are taken from the right,
// one at a time, and each stands for itself: rubbish further left is never looked at unless everybody to
// the right of it is trusted, and cannot spoil what they said.

import type { FieldSection } from "../http1/field_section.ts";
import { equalsIgnoringCase, listElements, TOKEN } from "../http1/grammar.ts";
import { type IpOctets, parseIp, parseIpv4, parseIpv6 } from "./ip_address.ts";

/** Which fields count. */
export type ForwardedFamily = "x-forwarded" | "forwarded";

/** What one proxy says of whoever sent it the request. */
export interface Hop {
  /** Who that was, as written; undefined when it does not say. */
  readonly for: string | undefined;
  /** The host that was asked for. */
  readonly host: string | undefined;
  /** The scheme that was used. */
  readonly proto: string | undefined;
}

/** Somebody on a request's way. */
export interface ForwardedNode {
  readonly octets: IpOctets;
  /** 0 when it is not told. */
  readonly port: number;
}

/** The hops of a request, the nearest first.
 *
 * @param fields of the request
 * @param family which of them count
 * @returns the hops; an undefined one is malformed, and the last that can be had */
export function hopsOf(
  fields: FieldSection,
  family: ForwardedFamily,
): Iterable<Hop | undefined> {
  return family === "forwarded" ? forwardedHops(fields) : xForwardedHops(fields);
}

/** Reads who a hop is said to be.
 *
 * @param text such as `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`, or without brackets `2001:db8::1`,
 * which RFC 7239 has no place for but is usual in X-Forwarded-For
 * @returns an address; `"hidden"` when it is withheld (RFC 7239 §6.2, §6.3); undefined when it is neither */
export function parseNode(text: string): ForwardedNode | "hidden" | undefined {
  const [, bracketed, plain, port] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::([0-9]{1,5}|_[A-Za-z0-9._-]+))?$/.exec(text) ?? [];
  if (bracketed === undefined && plain === undefined) {
    const octets = parseIp(text);
    return octets && { octets, port: 0 };
  }
  if (plain !== undefined && isHidden(plain)) return "hidden";
  const octets = bracketed === undefined ? parseIpv4(plain) : parseIpv6(bracketed);
  const number = port === undefined || port.startsWith("_") ? 0 : Number(port);
  return octets === undefined || number > 65_535 ? undefined : { octets, port: number };
}

function isHidden(name: string): boolean {
  return equalsIgnoringCase(name, "unknown") || /^_[A-Za-z0-9._-]+$/.test(name);
}

/** Three lists beside each other. Proxies add to X-Forwarded-For and mostly replace the other two: of as
 * many values as there are hops each has its own, else the last, which the nearest proxy set, is for all. */
function* xForwardedHops(fields: FieldSection): Generator<Hop> {
  const [sources, hosts, protos] = ["for", "host", "proto"].map((name) =>
    listElements(fields.all(`x-forwarded-${name}`).join(","))
  );
  const at = (values: string[], index: number) =>
    values.length === sources.length ? values[index] : values.at(-1);
  for (let index = sources.length - 1; index >= 0; index--) {
    yield { for: sources[index], host: at(hosts, index), proto: at(protos, index) };
  }
  if (sources.length === 0 && hosts.length + protos.length > 0) {
    yield { for: undefined, host: hosts.at(-1), proto: protos.at(-1) };
  }
}

/** RFC 7239 §4. */
function* forwardedHops(fields: FieldSection): Generator<Hop | undefined> {
  const value = fields.all("forwarded").join(",");
  for (let end = value.length; end > 0;) {
    const comma = lastComma(value, end);
    const element = value.slice(comma + 1, end).replace(/^[ \t]+|[ \t]+$/g, "");
    end = comma;
    if (element === "") continue;
    const hop = parseElement(element);
    yield hop;
    if (hop === undefined) return;
  }
}

/** The last comma before `end` that is not within a quoted string. Seen from the right the string's end
 * comes first; a quote is none where an odd number of backslashes stands before it. */
function lastComma(value: string, end: number): number {
  let quoted = false;
  for (let at = end - 1; at >= 0; at--) {
    const character = value.charAt(at);
    if (character === "," && !quoted) return at;
    if (character !== '"') continue;
    let backslashes = 0;
    while (value.charAt(at - 1 - backslashes) === "\\") backslashes++;
    if (!quoted) quoted = true;
    else if (backslashes % 2 === 0) quoted = false;
    at -= backslashes;
  }
  return -1;
}

const QUOTED_STRING = /"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)"/y;

/** forwarded-element = [ pair ] *( ";" [ pair ] ), without whitespace; a name stands in it once. */
function parseElement(text: string): Hop | undefined {
  const pairs = new Map<string, string>();
  for (let at = 0; at < text.length; at++) {
    if (text.charAt(at) === ";") continue;
    const nameEnd = tokenEnd(text, at);
    if (nameEnd === at || text.charAt(nameEnd) !== "=") return undefined;
    const name = text.slice(at, nameEnd).toLowerCase(); // a token is ASCII
    at = nameEnd + 1;
    let value: string;
    if (text.charAt(at) === '"') {
      QUOTED_STRING.lastIndex = at;
      const match = QUOTED_STRING.exec(text);
      if (match === null) return undefined;
      value = match[1].replace(/\\(.)/g, "$1");
      at += match[0].length;
    } else {
      const valueEnd = tokenEnd(text, at);
      if (valueEnd === at) return undefined;
      value = text.slice(at, valueEnd);
      at = valueEnd;
    }
    if (pairs.has(name) || (at < text.length && text.charAt(at) !== ";")) return undefined;
    pairs.set(name, value);
  }
  return { for: pairs.get("for"), host: pairs.get("host"), proto: pairs.get("proto") };
}

function tokenEnd(text: string, at: number): number {
  while (at < text.length && TOKEN[text.charCodeAt(at)] === 1) at++;
  return at;
}
