// The convention of Fetch handlers, as `deno serve` and `Deno.serve` have it.

import type { Address } from "../../io/address.ts";
import type { PeerCredentials } from "../../io/peer_credentials.ts";
import type { TlsInfo } from "../../tls/tls_info.ts";

/** What a Fetch handler is told beside the request. */
export interface FetchInfo {
  /** Address that the client connected from, as in `Deno.serve`. */
  readonly remoteAddr: Address;
  /** Address that the client connected to. */
  readonly localAddr: Address;
  /** Resolves when the answer has been handed to the operating system, as in `Deno.serve`; rejects when
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
  /** Milliseconds that the request waited for a worker; 0 where there are none. */
  readonly queueTime: number;
  /** Number of the worker that answers; undefined where there are none. */
  readonly workerId: number | undefined;
  /** The part of the path that led to this application, such as `/blog`; empty at the root. */
  readonly mountPath: string;
  /** What is known of the TLS that the request came over; undefined without TLS. */
  readonly tls: TlsInfo | undefined;
  /** The process at the other end of a UNIX socket; undefined elsewhere, and unless the server asks. */
  readonly peer: PeerCredentials | undefined;
  /** Sends an interim response, such as 103 (Early Hints); left out for HTTP/1.0 clients.
   *
   * @param status a status from 102 to 199
   * @param headers fields of the interim response
   * @throws {TypeError} when the status is not one, a field cannot be sent, or the answer has begun */
  informational(status: number, headers?: HeadersInit): Promise<void>;
}

/** Answers a request. */
export type FetchHandler = (
  request: Request,
  info: FetchInfo,
) => Response | Promise<Response>;

/** A module's default export for `deno serve`. */
export interface FetchApp {
  /** Answers a request. */
  readonly fetch: FetchHandler;
  /** Called with the address once the server listens. */
  readonly onListen?: (localAddr: Deno.NetAddr) => void;
}
