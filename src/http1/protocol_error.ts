// The error for octets that break the protocol; every rejection in this folder throws one. It has a
// stable `code` for programs, the status to respond with, and the clause that demands it. It knows nothing
// of connections, but the end of the message is lost after it, so the code that catches it must close.

/** Names of the reasons for rejecting a request; stable, for programs and tests. */
export type ProtocolErrorCode =
  // request line (RFC 9112 §3)
  | "malformed-request-line"
  | "malformed-method"
  | "method-too-long"
  | "method-not-supported"
  | "malformed-target"
  | "request-line-too-long"
  | "too-many-empty-lines"
  | "malformed-version"
  | "version-not-supported"
  | "tls-on-plain-port"
  | "http-on-tls-port"
  | "method-not-allowed"
  // field section (RFC 9112 §5, RFC 9110 §7.2)
  | "malformed-field-line"
  | "obsolete-line-folding"
  | "head-too-large"
  | "too-many-fields"
  | "underscore-in-field-name"
  | "missing-host"
  | "duplicate-host"
  | "malformed-host"
  // message framing (RFC 9112 §6)
  | "malformed-content-length"
  | "conflicting-length"
  | "length-and-transfer-coding"
  | "malformed-transfer-coding"
  | "transfer-coding-not-supported"
  | "transfer-coding-in-http-1.0"
  // content (RFC 9112 §7, §8)
  | "malformed-chunk"
  | "chunk-line-too-long"
  | "chunk-extensions-too-large"
  | "malformed-trailer"
  | "trailer-too-large"
  | "content-too-large"
  | "incomplete-content"
  | "incomplete-head"
  | "expectation-failed"
  // time
  | "head-timeout"
  | "content-timeout"
  | "content-too-slow"
  | "request-timeout";

/** A request that breaks the protocol or a limit.
 *
 * The message says what could not be done and what was found, quoted in short and escaped. It may go to
 * the log but never to the client. */
export class ProtocolError extends Error {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "ProtocolError";
  /** Stable name of the fault. */
  readonly code: ProtocolErrorCode;
  /** HTTP status of the response to it. */
  readonly status: number;
  /** The clause that demands it, such as `"RFC 9112 §6.1"`. */
  readonly clause: string;
  /** Text for the client beside the status; usually undefined. */
  readonly advice: string | undefined = undefined;

  /** Makes the error for one fault.
   *
   * @param code stable name of the fault
   * @param status HTTP status of the response to it
   * @param clause the clause that demands it
   * @param message action first, then what was found, no full stop */
  constructor(code: ProtocolErrorCode, status: number, clause: string, message: string) {
    super(message);
    this.code = code;
    this.status = status;
    this.clause = clause;
  }
}

/** Quotes text from the wire for a message: shortened, with everything outside printable ASCII escaped.
 *
 * @param text text as received, one character an octet
 * @returns a JSON-like quoted string of at most about 40 characters */
export function quoted(text: string): string {
  const short = text.length > 32 ? text.slice(0, 32) + "…" : text;
  return JSON.stringify(short).replace(
    /[\x7f-\xff]/g,
    (c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"),
  );
}
