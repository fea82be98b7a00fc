// What does the header of the PROXY protocol say, and how can it be wrong? The words that both of its
// versions share (HAProxy's "The PROXY protocol, versions 1 & 2").

import type { Address } from "../io/address.ts";

/** What a PROXY header says. */
export interface ProxyHeader {
  /** Version of the protocol. */
  readonly version: 1 | 2;
  /** Whom the proxy speaks for; undefined when it does not know, or speaks for itself. */
  readonly endpoints: ProxiedEndpoints | undefined;
  /** Whether the client's connection to the proxy had TLS, where the proxy tells it. */
  readonly secure: boolean;
}

/** The two ends of the connection that the proxy passes on. */
export interface ProxiedEndpoints {
  /** The client. */
  readonly source: Address;
  /** What the client connected to. */
  readonly destination: Address;
}

/** What the octets at the beginning of a connection are. */
export type ProxyHeaderReading =
  /** Perhaps a header: more of it is needed. */
  | { readonly kind: "need-data" }
  /** No header, however it goes on. */
  | { readonly kind: "absent" }
  /** A header; what follows it begins at `length`. */
  | { readonly kind: "header"; readonly length: number; readonly header: ProxyHeader };

/** A connection's PROXY header is malformed, missing, or from somebody who may not send one. */
export class ProxyHeaderError extends Error {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "ProxyHeaderError";
}

/** Makes the error of a malformed header.
 *
 * @param detail what was expected and what was found */
export function malformedHeader(detail: string): ProxyHeaderError {
  return new ProxyHeaderError(`Cannot read PROXY header: ${detail}`);
}
