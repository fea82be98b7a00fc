// The facts that the core reports to a log sink. Sinks turn them into text, or count them.

import type { Address } from "../io/address.ts";

/** How much an event matters; `debug` is for people who look for a fault of their own. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** One fact about the server's work, for a log or a counter. */
export interface LogEvent {
  /** How much it matters. A client's fault or departure is never an `error`. */
  readonly level: LogLevel;
  /** Stable name of the kind of event, such as `"handler-failed"`, for programs. */
  readonly event: string;
  /** What happened, for people: action first, no full stop. */
  readonly message: string;
  /** What was thrown, with its stack and cause. */
  readonly error?: unknown;
  /** Stable code of the fault, such as a `ProtocolError`'s. */
  readonly code?: string;
  /** Status that the client was answered with. */
  readonly status?: number;
  /** The exchange that it concerns. */
  readonly requestId?: string;
  /** The peer that it concerns. */
  readonly remoteAddr?: Address;
  /** Method of the request that it concerns. */
  readonly method?: string;
  /** Target of the request that it concerns, as it was sent. */
  readonly target?: string;
  /** Milliseconds that the request waited for a worker. */
  readonly queueTime?: number;
  /** The worker that it was handed to. */
  readonly workerId?: number;
}

/** Takes each event as it happens. It must not block; what it throws is dropped. */
export type LogSink = (event: LogEvent) => void;
