// Does a connection begin with a PROXY header? It is given all that has arrived so far and asks for more
// until it can tell, so where the octets are cut never matters. Whom to believe is not its business, nor
// what follows the header.

import type { ProxyHeaderReading } from "./proxy_header.ts";
import { readVersion1, SIGNATURE_1 } from "./proxy_header_v1.ts";
import { readVersion2, SIGNATURE_2 } from "./proxy_header_v2.ts";

/** Octets of the longest header that is read. The standard wants 536 to be (§2.2); 4 KiB hold all the
 * extensions that proxies add, and the 64 KiB that a header can claim are for nobody. */
export const LONGEST_HEADER = 4096;

/** Reads the beginning of a connection.
 *
 * @param octets all that has arrived, at least one octet
 * @returns what that is
 * @throws {ProxyHeaderError} when it begins as a header and is malformed */
export function readProxyHeader(octets: Uint8Array): ProxyHeaderReading {
  if (beginsLike(octets, SIGNATURE_1)) return readVersion1(octets);
  if (beginsLike(octets, SIGNATURE_2)) return readVersion2(octets, LONGEST_HEADER);
  return { kind: "absent" };
}

/** Whether octets and signature are the same as far as both go. */
function beginsLike(octets: Uint8Array, signature: Uint8Array): boolean {
  const shared = Math.min(octets.length, signature.length);
  for (let at = 0; at < shared; at++) if (octets[at] !== signature[at]) return false;
  return true;
}
