// Parses the fields in which proxies describe the way of a request. Each proxy adds an element on the
// right, so the elements on the left may be forged by the client. Elements are parsed from the right, one
// at a time, so malformed ones further left cannot spoil those of trusted proxies.

import type { FieldSection } from "../http1/field_section.ts";
import { equalsIgnoringCase, listElements, TOKEN } from "../http1/grammar.ts";
import { type IpOctets, parseIp, parseIpv4, parseIpv6 } from "./ip_address.ts";

/** The fields that are read. */
export type ForwardedFamily = "x-forwarded" | "forwarded";

/** What one proxy says about the request that it received. */
export interface Hop {
  /** The sender of the request, as written; undefined if it is not told. */
  readonly for: string | undefined;
  /** The host of the request. */
  readonly host: string | undefined;
  /** The scheme of the request. */
  readonly proto: string | undefined;
}

/** Address of a client or proxy on the way of a request. */
export interface ForwardedNode {
  readonly octets: IpOctets;
  /** The port; 0 if it is not told. */
  readonly port: number;
}

/** The hops of a request, the nearest first.
 *
 * @param fields fields of the request
 * @param family the fields to read
 * @returns the hops; a malformed one is undefined, and no hop follows it */
export function hopsOf(
  fields: FieldSection,
  family: ForwardedFamily,
): Iterable<Hop | undefined> {
  return family === "forwarded" ? forwardedHops(fields) : xForwardedHops(fields);
}

/** Parses the address of a hop.
 *
 * @param text such as `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`, or `2001:db8::1` without brackets,
 * which RFC 7239 does not allow but X-Forwarded-For often has
 * @returns the address; `"hidden"` if it is withheld (RFC 7239 §6.2, §6.3); undefined when malformed */
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

/** Reads three parallel lists. Proxies add to X-Forwarded-For and mostly replace the other two fields. With
 * as many values as hops each hop has its own value; otherwise the last value, set by the nearest proxy,
 * applies to all hops. */
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

/** The last comma before `end` that is not within a quoted string. The search goes from right to left, so
 * it finds the closing quote first. A quote behind an odd number of backslashes is escaped. */
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

/** forwarded-element = [ pair ] *( ";" [ pair ] ), without whitespace; each name occurs at most once. */
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
