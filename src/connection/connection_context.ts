// What every connection of a server shares: options and limits, the executor, the clocks, the log and the
// counters. Types only.

import type { Departure } from "../exchange/abortable_exchange.ts";
import type { ServerInfo } from "../exchange/exchange.ts";
import type { Executor } from "../exchange/executor.ts";
import type { ProtocolError } from "../http1/protocol_error.ts";
import type { HeadLimits } from "../http1/request_head.ts";
import type { ResponseHeadWriter } from "../http1/response_head.ts";
import type { Address } from "../io/address.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import type { Forwarding } from "../proxies/forwarding.ts";
import type { Counters } from "./counters.ts";
import type { TlsInfo } from "../tls/tls_info.ts";
import type { FinishedListener, FinishedResponse } from "../exchange/finished_response.ts";
import type { Clock, TurnTime } from "../io/clock.ts";

/** The addresses of a connection, and what is known of its other end. */
export interface Endpoints {
  readonly scheme: "http" | "https";
  readonly localAddr: Address;
  /** The client, or the proxy in front of it. */
  readonly remoteAddr: Address;
  /** Undefined without TLS. */
  readonly tls?: TlsInfo;
  /** The process at the other end of a UNIX socket, where it is looked up. */
  readonly peer?: PeerCredentials;
  /** Set when the connection is not to be served: its only response rejects for this. */
  readonly rejection?: ProtocolError;
}

/** What every connection of a server shares. */
export interface ConnectionContext {
  readonly options: ResolvedOptions;
  readonly server: ServerInfo;
  readonly headLimits: HeadLimits;
  readonly executor: Executor;
  /** Runs the requests of connections: the executor, or what responds in its place. */
  runner: Pick<Executor, "execute">;
  /** The executor, within a span of each request if OpenTelemetry is on. */
  readonly usualRunner: Pick<Executor, "execute">;
  /** Most octets of content that are read at once; the readers' own bound when it is undefined. */
  readonly largestRead: number | undefined;
  readonly headWriter: ResponseHeadWriter;
  /** Finds the client behind trusted proxies; undefined when no proxy is trusted. */
  readonly forwarding: Forwarding | undefined;
  readonly counters: Counters;
  /** Whether the server is stopping: its responses say close then. */
  readonly stopping: boolean;
  /** Why connections end when it stops: `reload` where a successor serves already. */
  departure: Departure;
  /** Whether responses say close, although the server serves on: its clients are to go elsewhere. */
  draining: boolean;
  /** Whether another idle connection may be kept. */
  readonly canAddKeepAlive: boolean;
  /** Connections that wait for another request. The connections count themselves. */
  idle: number;
  /** Connections that do not speak HTTP any more. They count themselves. */
  upgraded: number;
  /** The server's clock. */
  readonly clock: Clock;
  /** The same, read at most once a turn of the event loop. */
  readonly turn: TurnTime;
  /** Octets that the system holds for the client, where it tells. */
  sendQueueOf(local: Address, remote: Address): Promise<number | undefined>;
  /** Takes the one event that ends each response. */
  finished(response: FinishedResponse): void;
  /** Has a listener get each finished response too, after those that are there already. */
  addFinishedListener(listener: FinishedListener): void;
  /** Milliseconds since 1970, for the Date field. */
  wallClock(): number;
  log(event: LogEvent): void;
}
