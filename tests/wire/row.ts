// A row of the wire tables: the octets that a client sends, and the outcome. The tables do not know how
// they are run. The *_test.ts files of this folder run them through the parser alone, over connections in
// memory, over sockets and with handlers in workers.

import type { ProtocolErrorCode } from "../../src/http1/protocol_error.ts";

/** One case. */
export interface Row {
  /** The case in words; unique among all tables. */
  readonly name: string;
  /** What the client sends; see `octets`. */
  readonly wire: string;
  /** One outcome for each request in `wire`, in order. */
  readonly expect: Outcome | readonly Outcome[];
  /** The clause that demands the outcome: of an RFC, such as `RFC 9112 §3.2`, or a page of docs/ and an
   * option that it explains, such as `docs/options.md headTimeout`. */
  readonly clause: string;
  /** Options that differ from the defaults. */
  readonly options?: RowOptions;
  /** The behaviour of Cheroot that the row covers: its group and number, see tables_test.ts. */
  readonly cheroot?: string;
  /** The parser alone does not apply the rule; only a server does. */
  readonly serverOnly?: true;
}

/** Options that a row may set: those of `ServerOptions` that change how requests are read. */
export interface RowOptions {
  readonly strictMode?: boolean;
  readonly proxyMode?: boolean;
  readonly underscoreHeaders?: "drop" | "refuse" | "allow";
  readonly maxRequestLineSize?: number;
  readonly maxHeadSize?: number;
  readonly maxFieldCount?: number;
  readonly maxContentSize?: number;
  readonly maxChunkLineSize?: number;
  readonly maxChunkExtensionSize?: number;
  readonly maxTrailerSize?: number;
}

/** The outcome of one request. */
export type Outcome = Accepted | Rejected;

/** The request is well formed. Only the given members are compared; `content` always is. */
export interface Accepted {
  readonly method: string;
  /** The request target as it was sent. */
  readonly target: string;
  readonly form?: "origin" | "absolute" | "authority" | "asterisk";
  readonly path?: string;
  readonly query?: string;
  readonly authority?: string;
  readonly protocol?: string;
  /** The URL that the application sees. */
  readonly url?: string;
  /** Field values by name, several lines joined; `null` says that the field is absent. */
  readonly fields?: Readonly<Record<string, string | null>>;
  /** All field lines in order, case and duplicates kept. */
  readonly fieldLines?: readonly (readonly [name: string, value: string])[];
  /** The content, one character an octet; empty when left out. */
  readonly content?: string;
  readonly trailers?: readonly (readonly [name: string, value: string])[];
  /** False when the connection ends after the response. */
  readonly open?: false;
  /** Status of a response that the server makes itself. No handler sees the request, unless `handled` is set. */
  readonly serverResponse?: number;
  /** Set where a handler sees the request all the same, and its response cannot be sent. */
  readonly handled?: true;
}

/** The request is rejected, and the octets after it are ignored. */
export interface Rejected {
  readonly error: ProtocolErrorCode;
  readonly status: number;
  /** Set when the response has no content, because the method is HEAD. */
  readonly forHead?: true;
}

/** A literal bar in `Row.wire`, where "|" stands for CRLF. */
export const BAR = "\u2502";

/** The octets of a row's wire text: "|" is CRLF, `BAR` is a bar, every other character up to U+00FF is
 * the octet of that number (as in "\x00", "\n" and "\xe9").
 *
 * @param wire text of a row
 * @returns what the client sends */
export function octets(wire: string): Uint8Array<ArrayBuffer> {
  const text = wire.replaceAll("|", "\r\n").replaceAll(BAR, "|");
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff) throw new RangeError(`Cannot write ${JSON.stringify(character)} as one octet`);
    return code;
  });
}

/** The outcomes of a row as a list. */
export function outcomes(row: Row): readonly Outcome[] {
  return Array.isArray(row.expect) ? row.expect : [row.expect as Outcome];
}

/** Whether the outcome needs the client to end its side. */
export function needsEnd(row: Row): boolean {
  return outcomes(row).some((outcome) =>
    "error" in outcome &&
    (outcome.error === "incomplete-head" || outcome.error === "incomplete-content")
  );
}

/** Whether the connection is still open after the row, so that another request may follow. */
export function staysOpen(row: Row): boolean {
  return outcomes(row).every((outcome) => !("error" in outcome) && outcome.open !== false);
}
