// The events that the core reports to a log sink. Sinks turn them into text, or count them.

import type { Address } from "../io/address.ts";

/** Severity of an event; `debug` helps people who search for a fault in their own program. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One fact about the server's work, for a log or a counter. */
export interface LogEvent {
  /** Severity. A fault of a client, or a client that leaves, is never an `error`. */
  readonly level: LogLevel;
  /** Stable name of the kind of event, such as `"handler-failed"`, for programs. */
  readonly event: string;
  /** What happened, for people: action first, no full stop. */
  readonly message: string;
  /** The error that was thrown, with its stack and cause. */
  readonly error?: unknown;
  /** Stable code of the fault, such as a `ProtocolError`'s. */
  readonly code?: string;
  /** Status of the response to the client. */
  readonly status?: number;
  /** Id of the request. */
  readonly requestId?: string;
  /** Address of the client. */
  readonly remoteAddr?: Address;
  /** Method of the request. */
  readonly method?: string;
  /** Target of the request, as it was sent. */
  readonly target?: string;
  /** Milliseconds that the request waited for a worker. */
  readonly queueTime?: number;
  /** The worker that received the request. */
  readonly workerId?: number;
  /** The trace that the request belongs to. */
  readonly traceId?: string;
  /** The span of the request in it; without OpenTelemetry the span that its client has sent. */
  readonly spanId?: string;
  /** The requests that a worker had when it ended, the one that it got last first; those that a stop has cut. */
  readonly requests?: readonly {
    /** Its id. */
    readonly requestId: string;
    /** Its method. */
    readonly method: string;
    /** Its target, as it was sent; a long one is shortened. */
    readonly target: string;
  }[];
  /** How many requests were cut, as the server stopped. */
  readonly cutRequests?: number;
}

/** A request that an event names beside others. */
export type LoggedRequest = NonNullable<LogEvent["requests"]>[number];

/** Receives each event when it happens. It must not block; errors that it throws, and
 * rejections of the promise that it returns, are dropped. */
export type LogSink = (event: LogEvent) => void;
