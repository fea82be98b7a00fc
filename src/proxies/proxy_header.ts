// The types and errors that both versions of the PROXY protocol share (HAProxy's "The PROXY protocol,
// versions 1 & 2").

import type { Address } from "../io/address.ts";

/** The content of a PROXY header. */
export interface ProxyHeader {
  /** Version of the protocol. */
  readonly version: 1 | 2;
  /** The client's connection; undefined if the proxy does not know it, or itself sends the requests. */
  readonly endpoints: ProxiedEndpoints | undefined;
  /** Whether the client's connection to the proxy used TLS, if the proxy tells it. */
  readonly secure: boolean;
}

/** Both addresses of the connection that the proxy passes on. */
export interface ProxiedEndpoints {
  /** Address of the client. */
  readonly source: Address;
  /** The address that the client connected to. */
  readonly destination: Address;
}

/** Result of reading the first octets of a connection. */
export type ProxyHeaderReading =
  /** They may be a header: more octets are needed. */
  | { readonly kind: "need-data" }
  /** They are no header, with any octets that may follow. */
  | { readonly kind: "absent" }
  /** They are a header; the content behind it begins at `length`. */
  | { readonly kind: "header"; readonly length: number; readonly header: ProxyHeader };

/** A PROXY header is malformed, missing, or from a source that may not send one. */
export class ProxyHeaderError extends Error {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "ProxyHeaderError";
}

/** Makes the error for a malformed header.
 *
 * @param detail what was expected and what was found */
export function malformedHeader(detail: string): ProxyHeaderError {
  return new ProxyHeaderError(`Cannot read PROXY header: ${detail}`);
}
