// What a specimen of the wire tables is: octets that a client sends, and what must come of them. The
// tables say nothing of how they are run; the same rows go through the parser alone, a connection in
// memory and a real socket (see the *_test.ts files of this folder).

import type { ProtocolErrorCode } from "../../src/http1/protocol_error.ts";

/** One specimen. */
export interface Row {
  /** The claim; unique among all tables. */
  readonly name: string;
  /** What the client sends; see `octets`. */
  readonly wire: string;
  /** What comes of it: one outcome for each request in `wire`, in order. */
  readonly expect: Outcome | readonly Outcome[];
  /** The clause that asks for it. */
  readonly clause: string;
  /** Options that differ from the defaults. */
  readonly options?: RowOptions;
  /** Row of the comparison with Cheroot (reference, part B: table and row, counted from 1). */
  readonly cheroot?: string;
  /** The rule lies above the parser: only a server can show it. */
  readonly serverOnly?: true;
}

/** Options that a row may set: those of `ServerOptions` that change what is taken off the wire. */
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

/** What comes of one request. */
export type Outcome = Accepted | Refused;

/** The request reaches the application. Only what is given is compared, except `content`. */
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
  /** The content, one character an octet; none when left out. */
  readonly content?: string;
  readonly trailers?: readonly (readonly [name: string, value: string])[];
  /** False when the connection ends behind the answer. */
  readonly open?: false;
  /** A well-formed request that the server answers itself with this status: no handler sees it. */
  readonly answer?: number;
}

/** The request is refused, and nothing behind it is read. */
export interface Refused {
  readonly error: ProtocolErrorCode;
  readonly status: number;
}

/** A literal bar in `Row.wire`, where "|" stands for CRLF. */
export const BAR = "\u2502";

/** The octets of a row's wire text: "|" is CRLF, `BAR` is a bar, every other character up to U+00FF is
 * the octet of that number (so "\x00", "\n" and "\xe9" mean what they say).
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

/** Whether the client has to end its side for the outcome to show. */
export function needsEnd(row: Row): boolean {
  return outcomes(row).some((outcome) =>
    "error" in outcome &&
    (outcome.error === "incomplete-head" || outcome.error === "incomplete-content")
  );
}

/** Whether another request may follow: the connection is still open behind the row. */
export function staysOpen(row: Row): boolean {
  return outcomes(row).every((outcome) => !("error" in outcome) && outcome.open !== false);
}
