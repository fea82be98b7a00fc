// Decides whether a request allows the connection to change its protocol (RFC 9110 §7.8), or asks for a tunnel
// (RFC 9110 §9.3.6), from its head alone.

import { listElements } from "../http1/grammar.ts";
import { parseConnectionOptions } from "../http1/persistence.ts";
import type { RequestHead } from "../http1/request_head.ts";

/** Why a request does not allow an upgrade.
 *
 * @param head its head
 * @returns a reason for the application's developer; undefined when it allows one */
export function upgradeObstacle(
  { method, minorVersion, fields, framing }: Pick<
    RequestHead,
    "method" | "minorVersion" | "fields" | "framing"
  >,
): string | undefined {
  const hasContent = framing.kind === "chunked" ||
    (framing.kind === "length" && framing.length > 0);
  if (hasContent) return "the request has content";
  if (method === "CONNECT") return undefined;
  if (minorVersion === 0) return "HTTP/1.0 has no upgrades";
  if (!parseConnectionOptions(fields.get("connection") ?? "").upgrade) {
    return "the request has no `Connection: upgrade`";
  }
  return requestedProtocols(fields.get("upgrade")).length === 0
    ? "the request has no `Upgrade`"
    : undefined;
}

/** The status that changes the protocol: 200 where the client asks for a tunnel. */
export function upgradeStatus({ method }: Pick<RequestHead, "method">): 101 | 200 {
  return method === "CONNECT" ? 200 : 101;
}

/** The protocols of an Upgrade field, in the client's order of preference. */
export function requestedProtocols(value: string | undefined): string[] {
  return value === undefined ? [] : listElements(value).filter((element) => element !== "");
}
