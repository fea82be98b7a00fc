// One request and its response, as a gateway sees them. Whoever holds the socket implements this: the
// connection itself where the application runs beside it, a port where it runs in a worker. Nothing
// here says how octets travel.

import type { ContentReader } from "../content/content_reader.ts";
import type { ProtocolError } from "../http1/protocol_error.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Field, ResponseHead } from "../http1/response_head.ts";
import type { Address } from "../io/address.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";
import type { LogLevel } from "../log/log_event.ts";
import type { TlsInfo } from "../tls/tls_info.ts";
import type { Outcome } from "./finished_response.ts";

/** What an application that blocks its thread does with an exchange. Not to be mixed with the
 * asynchronous operations on the same content. */
export interface BlockingExchange {
  /** Waits for the next piece of content.
   *
   * @returns octets that nobody else keeps, never none; or null at the end
   * @throws {ProtocolError} when the content cannot be read; its status is the answer
   * @throws what the exchange was aborted with, when nobody waits for an answer any more */
  readPiece(): Uint8Array<ArrayBuffer> | null;

  /** Sends a piece of an answer that was begun, and waits until the next one may follow.
   *
   * @throws what the exchange was aborted with, when nobody waits for an answer any more */
  write(piece: Uint8Array): void;
}

/** What applications are told of the server that they run in. */
export interface ServerInfo {
  /** What it calls itself: the option `serverName`. */
  readonly name: string;
  /** Highest version of HTTP that it speaks. */
  readonly protocol: "HTTP/1.1" | "HTTP/1.0";
  /** Whether other copies of the application may answer at the same time, each in a worker of its own
   * that shares nothing with the others. */
  readonly multiprocess: boolean;
}

/** One request and its response.
 *
 * An answer is either given whole by `respond`, or begun by `begin`, continued by `write` and ended by
 * `end`. `abort` cuts it short so that the client notices. */
export interface Exchange {
  /** Identifies the request in logs; unique in this process. */
  readonly requestId: string;
  /** The server that took it. */
  readonly server: ServerInfo;
  /** Method, target, fields and what follows from them. */
  readonly head: RequestHead;
  /** `"https"` behind TLS. */
  readonly scheme: "http" | "https";
  /** Address that the client connected to. */
  readonly localAddr: Address;
  /** Address that the client connected from. */
  readonly remoteAddr: Address;
  /** What is known of the TLS that it came over; undefined without TLS. */
  readonly tls: TlsInfo | undefined;
  /** The process at the other end of a UNIX socket; undefined elsewhere, and unless the server asks. */
  readonly peer: PeerCredentials | undefined;
  /** The part of the path that led to the application, such as `/blog`; empty at the root. It is the
   * beginning of the target's path as that was sent, percent-encodings and all. Set by whoever chooses
   * the application, before it answers. */
  mountPath: string;
  /** Reading and writing that blocks the thread; undefined where that would hold everybody up: only in
   * a worker may an application block. */
  readonly blocking: BlockingExchange | undefined;
  /** The request's content; undefined when the request has none. Reading is what asks a client that
   * expects 100 (Continue) to send it. */
  readonly content: ContentReader | undefined;
  /** Why the content could not be read, once that has happened: its status is the answer. */
  readonly contentFailure: ProtocolError | undefined;
  /** Aborted when the client leaves or the server gives the exchange up. */
  readonly signal: AbortSignal;
  /** Milliseconds that the exchange waited for a worker; 0 where there are none. Set by the pool. */
  queueTime: number;
  /** The worker that answers; undefined where there are none. Set by the pool. */
  workerId: number | undefined;
  /** How the exchange ends, where that is not by the application's response. Set by what ends it in the
   * application's place, such as the pool; undefined as a rule.
   *
   * @internal */
  outcome: Outcome | undefined;
  /** Settles when the answer has been handed to the operating system; rejects when it could not be. */
  readonly completed: Promise<void>;
  /** Whether the head of an answer has been given. */
  readonly responding: boolean;
  /** Whether nothing more of an answer is taken: it was ended or aborted, or its declared length has
   * been passed. */
  readonly ended: boolean;

  /** Gives a whole answer.
   *
   * @param head status and fields
   * @param content all of the content; text is sent as UTF-8
   * @returns a promise when the connection has to catch up first
   * @throws {TypeError} when a status or field cannot be sent; nothing has been sent then */
  respond(head: ResponseHead, content: Uint8Array | string | null): void | Promise<void>;

  /** Begins an answer whose content follows in pieces.
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

  /** Ends an answer that was begun. When fewer octets came than declared, the connection is cut. */
  end(): void;

  /** Cuts the answer short: the connection is closed in a way that shows it is not complete. */
  abort(reason: unknown): void;

  /** Begins the handler's time: the executor calls it when it hands the exchange to the application.
   *
   * @internal */
  startHandlerTime(): void;

  /** Has `callback` called when the client leaves or the exchange is given up; at once when that has
   * happened. Cheaper than `signal`, for whoever carries the exchange; there is one callback. */
  onDisconnect(callback: (reason: unknown) => void): void;

  /** Sends an interim response, such as 103 (Early Hints). Left out for HTTP/1.0 clients
   * (RFC 9110 §15.2).
   *
   * @throws {TypeError} when the status is not one or a field cannot be sent */
  informational(status: number, fields: Iterable<Field>): Promise<void>;

  /** Puts something about this exchange into the server's log. */
  report(level: LogLevel, event: string, message: string, error?: unknown): void;
}
