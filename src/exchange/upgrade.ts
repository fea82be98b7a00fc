// Decides whether a request allows the connection to change its protocol (RFC 9110 §7.8), from its head
// alone.

import { listElements } from "../http1/grammar.ts";
import { parseConnectionOptions } from "../http1/persistence.ts";
import type { RequestHead } from "../http1/request_head.ts";

/** Why a request does not allow an upgrade.
 *
 * @param head its head
 * @returns a reason for the application's developer; undefined when it allows one */
export function upgradeObstacle(
  { minorVersion, fields, framing }: Pick<RequestHead, "minorVersion" | "fields" | "framing">,
): string | undefined {
  if (minorVersion === 0) return "HTTP/1.0 has no upgrades";
  if (!parseConnectionOptions(fields.get("connection") ?? "").upgrade) {
    return "the request has no `Connection: upgrade`";
  }
  if (requestedProtocols(fields.get("upgrade")).length === 0) return "the request has no `Upgrade`";
  const hasContent = framing.kind === "chunked" ||
    (framing.kind === "length" && framing.length > 0);
  return hasContent ? "the request has content" : undefined;
}

/** The protocols of an Upgrade field, in the client's order of preference. */
export function requestedProtocols(value: string | undefined): string[] {
  return value === undefined ? [] : listElements(value).filter((element) => element !== "");
}
