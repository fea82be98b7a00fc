// The convention of Fetch handlers: the types of `deno serve` and `Deno.serve`, and what Robusto adds.

import type { Address } from "../../io/address.ts";
import type { PeerCredentials } from "../../io/peer_credentials.ts";
import type { TlsInfo } from "../../tls/tls_info.ts";
import type { Upgraded, UpgradeOptions } from "./upgraded_connection.ts";

/** The second argument of a Fetch handler: what is known of the request beside the `Request`. The addresses
 * are TCP addresses or those of UNIX sockets, unless the type says which. */
export interface FetchInfo<Addr extends Deno.Addr = Address> {
  /** Address that the client connected from, as in `Deno.serve`. */
  readonly remoteAddr: Addr;
  /** Address that the client connected to. */
  readonly localAddr: Addr;
  /** Resolves when the response has been handed to the operating system, as in `Deno.serve`; rejects when
   * that was not possible. */
  readonly completed: Promise<void>;
  /** Version that the client speaks, such as `"HTTP/1.1"`. */
  readonly protocol: string;
  /** Request target exactly as it was sent (RFC 9112 §3.2). */
  readonly requestTarget: string;
  /** Field lines in order, with their case and duplicates. */
  readonly rawHeaders: readonly [name: string, value: string][];
  /** Identifies the request in logs; unique in this process. */
  readonly requestId: string;
  /** Milliseconds that the request waited for a worker; 0 without workers. */
  readonly queueTime: number;
  /** Number of the worker that runs the handler; undefined without workers. */
  readonly workerId: number | undefined;
  /** The part of the path that led to this application, such as `/blog`; empty at the root. */
  readonly mountPath: string;
  /** The TLS of the connection; undefined without TLS. */
  readonly tls: TlsInfo | undefined;
  /** The process at the other end of a UNIX socket; undefined on other sockets, and unless the option
   * `peerCredentials` asks for it. */
  readonly peer: PeerCredentials | undefined;
  /** Fields behind chunked content (RFC 9110 §6.5), once the content has been read to its end; empty without
   * any. Rejects when the content is not read to its end. They never join the fields of the request. */
  readonly trailers: Promise<Headers>;
  /** Sends an interim response, such as 103 (Early Hints, RFC 8297). Nothing is sent to HTTP/1.0 clients
   * (RFC 9110 §15.2).
   *
   * @param status a status from 102 to 199
   * @param headers fields of the interim response
   * @returns a promise that resolves when the next one may follow
   * @throws {TypeError} when the status is not interim, a field cannot be sent, or the response has begun */
  informational(status: number, headers?: HeadersInit): Promise<void>;
  /** Changes the protocol of the connection (RFC 9110 §7.8): the handler returns the `response` of what this
   * gives, and has the octets of the connection from then on. For WebSockets use `upgradeWebSocket`.
   *
   * @param options the protocol, and fields of the response
   * @returns the connection
   * @throws {TypeError} when the request does not ask for the protocol, has content, or is HTTP/1.0 */
  upgrade(options?: UpgradeOptions): Upgraded;
}

/** Responds to a request.
 *
 * @param request the request
 * @param info what is known of it beside
 * @returns the response */
export type FetchHandler<Addr extends Deno.Addr = Address> = (
  request: Request,
  info: FetchInfo<Addr>,
) => Response | Promise<Response>;

/** An object with a Fetch handler, as `deno serve` takes the default export of a module. */
export interface FetchApp<Addr extends Deno.Addr = Address> {
  /** Responds to a request. */
  readonly fetch: FetchHandler<Addr>;
  /** Called with the address once the server listens. */
  readonly onListen?: (localAddr: Deno.NetAddr) => void;
}
