// Recognises a PROXY header at the beginning of a connection, given all octets that have arrived so far.
// It requests more octets until it can decide, so the result does not depend on how they are cut.
// It does not know which sources are trusted, nor what follows the header.

import type { ProxyHeaderReading } from "./proxy_header.ts";
import { readVersion1, SIGNATURE_1 } from "./proxy_header_v1.ts";
import { readVersion2, SIGNATURE_2 } from "./proxy_header_v2.ts";

/** Octets of the longest header that is read. The standard requires 536 (§2.2). 4 KiB hold all extensions
 * that proxies add; no proxy needs the 64 KiB that a header can declare. */
export const LONGEST_HEADER = 4096;

/** Reads the beginning of a connection.
 *
 * @param octets all octets that have arrived, at least one
 * @returns the header, its absence, or that more octets are needed
 * @throws {ProxyHeaderError} when the octets begin as a header and are malformed */
export function readProxyHeader(octets: Uint8Array): ProxyHeaderReading {
  if (beginsLike(octets, SIGNATURE_1)) return readVersion1(octets);
  if (beginsLike(octets, SIGNATURE_2)) return readVersion2(octets, LONGEST_HEADER);
  return { kind: "absent" };
}

/** Whether octets and signature are equal over the length of the shorter one. */
function beginsLike(octets: Uint8Array, signature: Uint8Array): boolean {
  const shared = Math.min(octets.length, signature.length);
  for (let at = 0; at < shared; at++) if (octets[at] !== signature[at]) return false;
  return true;
}
