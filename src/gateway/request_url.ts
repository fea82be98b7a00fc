// Which URL did the client ask for (RFC 9110 §7.1)? Put together from parts that were each checked;
// the target is never resolved against a base, where `//evil/x` would become another host.

import type { Exchange } from "../exchange.ts";
import type { RequestTarget } from "../http1/request_target.ts";
import type { Address } from "../io/address.ts";

/** The URL of a request, as `Request.url` spells it. */
export function requestUrl(exchange: Exchange): string {
  const { head, scheme, localAddr } = exchange;
  const { target } = head;
  // An HTTP/1.0 client may name no host, and an empty one is legal: our own address then.
  const authority = head.authority === "" ? ownAuthority(localAddr) : head.authority;
  const base = target.form === "absolute" ? target.scheme : scheme;
  return new URL(`${base}://${authority}${pathAndQuery(target)}`).href;
}

let lastAuthority = "";

/** Whether the host that a request names can stand in a URL. RFC 3986 allows some that a URL cannot
 * have, such as `999.1.1.1` and `a%20b`; no `Request` can be made for them. */
export function hasUrl(exchange: Exchange): boolean {
  const { authority } = exchange.head;
  if (authority === lastAuthority || authority === "") return true; // most servers have one name
  if (!URL.canParse(`http://${authority}/`)) return false;
  lastAuthority = authority;
  return true;
}

function pathAndQuery(target: RequestTarget): string {
  switch (target.form) {
    case "origin":
      return target.raw;
    case "absolute":
      // An empty query ("/x?") is kept by taking the end of the raw target where there is one.
      return target.query === "" && !target.raw.endsWith("?")
        ? target.path
        : `${target.path}?${target.query}`;
    case "asterisk":
      return "/*"; // as Deno.serve has it: a URL cannot say that the whole server is meant
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
