// The record of a response that is over. Every response ends in one such record, whether an application
// made it, the connection rejected its request, or it was cut short. Statistics stand on it.

import type { ProtocolError } from "../http1/protocol_error.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Address } from "../io/address.ts";
import type { TlsInfo } from "../tls/tls_info.ts";

/** How a response ended. The first of these that fits, from the bottom up:
 *
 * - `complete`: the whole response was given to the operating system. The application, or the gateway in
 *   front of it, chose its status.
 * - `client-left`: the client went away before that.
 * - `failed`: the application failed. The response is a 500, what `onError` made, or was cut short.
 * - `killed`: the worker was ended or crashed while it held the exchange, or the server stopped. The
 *   response is a 500 or was cut short.
 * - `timed-out`: a deadline passed. The response is a 408 or 504, or was cut short.
 * - `refused`: the request was rejected without, or in place of, the application's response, because it
 *   is faulty (400, 413, 414, 417, 431, 501, 505 …) or because the pool has no room for it (503).
 *
 * The last four stay what they are when the client leaves before it has all of the error response. */
export type Outcome = "complete" | "client-left" | "failed" | "killed" | "timed-out" | "refused";

/** The parts of a request line that were found, one character an octet. */
export interface RequestLineParts {
  readonly method?: string;
  readonly target?: string;
  /** Such as `HTTP/1.1`. */
  readonly protocol?: string;
}

/** The request of a finished response. */
export interface FinishedRequest {
  /** Identifies the request in logs. Made from a number each time that it is read. */
  readonly requestId: string;
  /** Address of the client. */
  readonly remoteAddr: Address;
  /** Address that the client connected to. */
  readonly localAddr: Address;
  /** `"https"` behind TLS. */
  readonly scheme: "http" | "https";
  /** What is known of the TLS that it came over; undefined without TLS. */
  readonly tls: TlsInfo | undefined;
  /** Method, target and fields; undefined when no head could be parsed, as before most of 400, 408, 414
   * and 431. */
  readonly head: RequestHead | undefined;
  /** What was found of the request line of a head that could not be parsed. */
  readonly line?: RequestLineParts;
  /** Identity of the request's span, as a `traceparent` field writes it; undefined without OpenTelemetry. */
  readonly traceparent?: string | undefined;
}

/** A response that is over. All durations are milliseconds. */
export interface FinishedResponse {
  /** The request. A listener that keeps the record for long takes out what it needs: this may be the
   * whole exchange. */
  readonly request: FinishedRequest;
  /** Status of the response; undefined when no head of one was ever given. */
  readonly status: number | undefined;
  /** Octets of request content received by the end of the response, without framing. */
  readonly contentIn: number;
  /** Octets of response content without framing; of a response that was cut, about those that the system has
   * taken. Some of them may not have reached a client that left. */
  readonly contentOut: number;
  /** When the first octet of the request was seen, on the server's clock: a monotonic one, whose present
   * time is `start + duration` while the event is handled. A request that was pipelined starts when the
   * connection has finished the response before it. */
  readonly start: number;
  /** From `start` until the last octet was given to the operating system, or until the response was cut. */
  readonly duration: number;
  /** How long it waited for a worker; 0 without a pool. */
  readonly queueTime: number;
  /** From the hand-over to the application until it gave the head of a response, or until the end when it
   * gave none; 0 when the application never saw the request. */
  readonly handlerTime: number;
  /** The worker that it was handed to; undefined without a pool, or when it was handed to no worker. */
  readonly workerId: number | undefined;
  /** How it ended. */
  readonly outcome: Outcome;
  /** Whether the response was cut short, so that the connection closed behind a part of it. */
  readonly cut: boolean;
  /** What was wrong with the request, if that is why it was rejected. */
  readonly fault: ProtocolError | undefined;
}

/** Takes each finished response. It runs between requests, so it must not block; what it throws is
 * dropped. */
export type FinishedListener = (response: FinishedResponse) => void;
