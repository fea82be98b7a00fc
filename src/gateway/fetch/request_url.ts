// Reconstructs the URL of a request (RFC 9110 §7.1) from parts that were each checked. The target is never
// resolved against a base, as that would make another host of `//evil/x`.

import { URL } from "../../io/platform.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { ALPHA, DIGITS, tableOf, tableWithout } from "../../http1/grammar.ts";
import type { OriginForm, RequestTarget } from "../../http1/request_target.ts";
import type { Address } from "../../io/address.ts";

/** The URL of a request, as `Request.url` spells it. */
export function requestUrl(exchange: Exchange): string {
  const { head, scheme, localAddr } = exchange;
  const { target } = head;
  // An HTTP/1.0 client may name no host, and an empty one is legal: our own address then.
  const authority = head.authority === "" ? ownAuthority(localAddr) : head.authority;
  if (target.form === "origin" && isPlain(target)) return originOf(scheme, authority)! + target.raw;
  const base = target.form === "absolute" ? target.scheme : scheme;
  return new URL(`${base}://${authority}${pathAndQuery(target)}`).href;
}

/** Characters that a URL neither encodes nor gives a meaning anywhere behind its host. */
const PLAIN_CHARACTERS = ALPHA + DIGITS + "/-_~!$&()*+,;=:@";
const PLAIN = tableOf(PLAIN_CHARACTERS);
const PLAIN_IN_QUERY = tableOf(PLAIN_CHARACTERS + ".?%");

/** Whether the URL parser would leave the target as it is, which is so for most. Parsing costs half as much
 * as all other work for a small request in the application's thread. */
function isPlain({ path, query }: OriginForm): boolean {
  for (let at = 0; at < path.length; at++) {
    const octet = path.charCodeAt(at);
    if (PLAIN[octet] === 1) continue;
    // A segment of dots, or of `%2e`, would be resolved.
    if (octet === DOT ? !PLAIN_BEFORE_DOT[path.charCodeAt(at - 1)] : !encodesNoDot(path, at)) {
      return false;
    }
  }
  for (let at = 0; at < query.length; at++) {
    if (PLAIN_IN_QUERY[query.charCodeAt(at)] !== 1) return false;
  }
  return true;
}

const DOT = 0x2e;
const PLAIN_BEFORE_DOT = tableWithout(PLAIN, "/");

/** Whether a percent-encoding stands there, and not that of a dot. */
function encodesNoDot(path: string, at: number): boolean {
  return path[at] === "%" &&
    (path[at + 1] !== "2" || (path[at + 2] !== "e" && path[at + 2] !== "E"));
}

/** Whether the host of a request can stand in a URL. RFC 3986 allows hosts that a URL cannot have, such as
 * `999.1.1.1` and `a%20b`; no `Request` can be made for them. */
export function hasUrl({ scheme, head: { authority } }: Exchange): boolean {
  return authority === "" || originOf(scheme, authority) !== undefined;
}

interface Origin {
  readonly scheme: string;
  readonly authority: string;
  readonly text: string | undefined;
}

let lastOrigin: Origin = { scheme: "", authority: "", text: undefined };

/** Scheme and host as a URL spells them; undefined when it cannot have the host. The last result is kept, as
 * most servers have one name. */
function originOf(scheme: string, authority: string): string | undefined {
  if (lastOrigin.authority !== authority || lastOrigin.scheme !== scheme) {
    const text = URL.parse(`${scheme}://${authority}`)?.origin;
    lastOrigin = { scheme, authority, text };
  }
  return lastOrigin.text;
}

function pathAndQuery(target: RequestTarget): string {
  switch (target.form) {
    case "origin":
      return target.raw;
    case "absolute":
      // The end of the raw target shows whether there is an empty query ("/x?").
      return target.query === "" && !target.raw.endsWith("?")
        ? target.path
        : `${target.path}?${target.query}`;
    case "asterisk":
      return "/*"; // as in Deno.serve: a URL cannot mean the whole server
    case "authority":
      return "/";
    default:
      return target satisfies never;
  }
}

function ownAuthority(address: Address): string {
  if (!("hostname" in address)) return "localhost";
  const host = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
  return `${host}:${address.port}`;
}
