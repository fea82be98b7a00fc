// One request and its response, as a gateway sees them. The connection implements it in the accepting
// thread, the worker in its own. Nothing here says how octets travel.

import type { ContentReader } from "../content/content_reader.ts";
import type { FieldSection } from "../http1/field_section.ts";
import type { ProtocolError } from "../http1/protocol_error.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Field, ResponseHead } from "../http1/response_head.ts";
import type { Address } from "../io/address.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";
import type { LogLevel } from "../log/log_event.ts";
import type { TlsInfo } from "../tls/tls_info.ts";
import type { Departure } from "./abortable_exchange.ts";
import type { Outcome } from "./finished_response.ts";

/** Operations for an application that blocks its thread. Not to be mixed with the asynchronous operations
 * on the same content. */
export interface BlockingExchange {
  /** Waits for the next piece of content.
   *
   * @returns octets that belong to the caller, at least one; or null at the end
   * @throws {ProtocolError} when the content cannot be read; the response has its status
   * @throws the reason that the exchange was aborted with, if it was */
  readPiece(): Uint8Array<ArrayBuffer> | null;

  /** Sends a piece of a response that was begun, and waits until the next piece may follow.
   *
   * @throws the reason that the exchange was aborted with, if it was */
  write(piece: Uint8Array): void;
}

/** The server, as applications see it. */
export interface ServerInfo {
  /** Its name: the option `serverName`. */
  readonly name: string;
  /** What it calls itself to WSGI applications: the option `software`. */
  readonly software?: string;
  /** Highest version of HTTP that it speaks. */
  readonly protocol: "HTTP/1.1" | "HTTP/1.0";
  /** Whether other copies of the application may run at the same time, each in a worker that shares
   * nothing with the others. */
  readonly multiprocess: boolean;
  /** Limits of WebSockets; their defaults without it. */
  readonly webSocket?: WebSocketLimits;
}

/** The options that concern WebSockets; see `ServerOptions`. */
export interface WebSocketLimits {
  /** Octets of the largest message. */
  readonly maxWebSocketMessage: number;
  /** Milliseconds of silence after which a peer is asked whether it is there. */
  readonly webSocketPing: number;
  /** Octets of messages that may wait for the peer. */
  readonly maxWebSocketBacklog: number;
  /** Whether messages are compressed for a client that offers it. */
  readonly webSocketCompression: boolean;
}

/** One request and its response.
 *
 * A response is either given whole by `respond`, or begun by `begin`, continued by `write` and ended by
 * `end`. `abort` cuts it short so that the client notices. */
export interface Exchange {
  /** Identifies the request in logs; unique in this process. */
  readonly requestId: string;
  /** The server that received it. */
  readonly server: ServerInfo;
  /** Method, target, fields and what follows from them. */
  readonly head: RequestHead;
  /** `"https"` behind TLS. */
  readonly scheme: "http" | "https";
  /** Address that the client connected to. */
  readonly localAddr: Address;
  /** Address that the client connected from. */
  readonly remoteAddr: Address;
  /** Facts of the TLS connection; undefined without TLS. */
  readonly tls: TlsInfo | undefined;
  /** The process at the other end of a UNIX socket; undefined elsewhere, and unless the server looks it up. */
  readonly peer: PeerCredentials | undefined;
  /** The part of the path that led to the application, such as `/blog`; empty at the root. It is the
   * beginning of the target's path as it was sent, with its percent-encodings. Set by the dispatcher,
   * before the application is called. */
  mountPath: string;
  /** Reading and writing that blocks the thread; undefined in the accepting thread, where blocking would
   * hold up every connection. */
  readonly blocking: BlockingExchange | undefined;
  /** The request's content; undefined when the request has none. The first read sends 100 (Continue) to a
   * client that waits for it. */
  readonly content: ContentReader | undefined;
  /** The trailer section of the request, once its content has been read to the end; empty without one.
   * Rejects when the content fails or is not read to its end. */
  readonly trailers: Promise<FieldSection>;
  /** Why the content could not be read, once that has happened; the response has its status. */
  readonly contentFailure: ProtocolError | undefined;
  /** Aborted when the client leaves or the server gives the exchange up. */
  readonly signal: AbortSignal;
  /** Milliseconds that the exchange waited for a worker; 0 without a pool. Set by the pool. */
  queueTime: number;
  /** The worker that runs the application; undefined without a pool. Set by the pool. */
  workerId: number | undefined;
  /** How the exchange ends, where that is not by the application's response. Set by what ends it in the
   * application's place, such as the pool; undefined as a rule.
   *
   * @internal */
  outcome: Outcome | undefined;
  /** Identity of the span that the request has in its trace, as a `traceparent` field writes it; undefined
   * without OpenTelemetry. Set in the accepting thread.
   *
   * @internal */
  traceparent?: string | undefined;
  /** Settles when the response has been handed to the operating system; rejects when it could not be. */
  readonly completed: Promise<void>;
  /** Whether the head of a response has been given. */
  readonly responding: boolean;
  /** Whether nothing more of a response is taken: it was ended or aborted, or its declared length has
   * been passed. */
  readonly ended: boolean;

  /** Gives a whole response.
   *
   * @param head status and fields
   * @param content all of the content; text is sent as UTF-8
   * @returns a promise when the connection must send earlier octets first
   * @throws {TypeError} when a status or field cannot be sent; nothing has been sent then */
  respond(head: ResponseHead, content: Uint8Array | string | null): void | Promise<void>;

  /** Begins a response whose content follows in pieces.
   *
   * @param head status and fields; a declared Content-Length is enforced
   * @returns whether content is wanted (not for HEAD, 204, 304)
   * @throws {TypeError} when a status or field cannot be sent; nothing has been sent then */
  begin(head: ResponseHead): boolean;

  /** Sends a piece of content; octets past the declared length are left out.
   *
   * @returns a promise when the client must catch up before the next piece; the piece must not be
   * changed until it resolves. It rejects when the client is gone */
  write(piece: Uint8Array): void | Promise<void>;

  /** Ends a response that was begun. When fewer octets came than declared, the connection is cut.
   *
   * @param trailers fields behind the content; left out unless the response is chunked, and those that only
   * the server sends
   * @throws {TypeError} when a field cannot be sent */
  end(trailers?: Iterable<Field>): void;

  /** Cuts the response short: the connection closes in a way that shows it is not complete. */
  abort(reason: unknown): void;

  /** Begins the handler's time: the executor calls it when it hands the exchange to the application.
   *
   * @internal */
  startHandlerTime(): void;

  /** Keeps the content for the application although the response has been given: it began to read before.
   * Set by what runs the application.
   *
   * @param untilLeft waits until the application reads no more
   *
   * @internal */
  holdContent(untilLeft: () => Promise<void>): void;

  /** Has `callback` called when the client leaves or the exchange is given up; at once when that has
   * happened. Cheaper than `signal`. */
  onDisconnect(callback: (reason: unknown) => void): void;

  /** Sends an interim response, such as 103 (Early Hints). Left out for HTTP/1.0 clients
   * (RFC 9110 §15.2).
   *
   * @throws {TypeError} when the status is not one or a field cannot be sent */
  informational(status: number, fields: Iterable<Field>): Promise<void>;

  /** Sends 101 (Switching Protocols) and ends HTTP on the connection (RFC 9110 §7.8). From then on `write`
   * sends octets as they are, `end` ends the server's side, and `abort` cuts the connection.
   *
   * @param fields fields of the 101, `Upgrade` among them
   * @param farewell octets that tell the peer that the application has ended without a word; sent between
   * two pieces
   * @returns the octets of the client, those behind its request included; undefined when no more such
   * connections are allowed, and 503 has been sent
   * @throws {TypeError} when the request does not allow it, or a field cannot be sent */
  upgrade(fields: Iterable<Field>, farewell?: Uint8Array): ContentReader | undefined;

  /** Has `callback` called when the server stops or the worker is replaced while the exchange is upgraded;
   * at once when that has happened. */
  onDeparture(callback: (departure: Departure) => void): void;

  /** Logs an event of this exchange. */
  report(level: LogLevel, event: string, message: string, error?: unknown): void;
}
