// Writes and reads errors and log events as text for the wire between threads. An error may not be
// cloneable. A log needs its stack, and of a fault of the client its code and status.

import { ProtocolError, type ProtocolErrorCode } from "../http1/protocol_error.ts";
import type { LogEvent, LogLevel } from "../log/log_event.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { RemoteError } from "./remote_error.ts";

/** Writes a log event. */
export function encodeLog(
  level: LogLevel,
  event: string,
  message: string,
  error: unknown,
): string {
  if (error instanceof ProtocolError) {
    return JSON.stringify([level, event, message, null, encodeFailure(error)]);
  }
  return JSON.stringify([level, event, message, describeError(error)]);
}

/** Reads what {@linkcode encodeLog} wrote. */
export function decodeLog(
  text: string,
): Required<Pick<LogEvent, "level" | "event" | "message">> & { readonly error: unknown } {
  const [level, event, message, description, failure] = JSON.parse(text);
  const error = failure === undefined ? remote(description) : decodeFailure(failure);
  return { level, event, message, error };
}

/** Writes why content could not be read. */
export function encodeFailure(error: ProtocolError): string {
  return JSON.stringify([error.code, error.status, error.clause, error.message]);
}

/** Reads what {@linkcode encodeFailure} wrote. */
export function decodeFailure(text: string): ProtocolError {
  const [code, status, clause, message] = JSON.parse(text);
  return new ProtocolError(code as ProtocolErrorCode, status, clause, message);
}

/** Writes why an application could not be loaded. */
export function encodeLoadError(error: unknown): string {
  if (error instanceof ApplicationLoadError) {
    return JSON.stringify([error.reason, describeError(error.cause), error.place]);
  }
  return JSON.stringify(["its worker failed", describeError(error)]);
}

/** Reads what {@linkcode encodeLoadError} wrote. */
export function decodeLoadError(text: string): ApplicationLoadError {
  const [reason, description, place] = JSON.parse(text);
  return new ApplicationLoadError(reason, remote(description), place ?? undefined);
}

/** Makes an error of a description. */
export function remote(description: string | null | undefined): RemoteError | undefined {
  return description === null || description === undefined
    ? undefined
    : new RemoteError(description);
}

/** The stack of an error; of another value that was thrown, its text. */
export function describeError(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  try {
    if (error instanceof Error) {
      const cause = error.cause === undefined ? "" : `\nCaused by: ${describeError(error.cause)}`;
      return (error.stack ?? String(error)) + cause;
    }
    return String(error);
  } catch {
    return "a value that cannot be shown";
  }
}
