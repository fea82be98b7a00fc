// What a specimen of the response tables is: a request, an application, and what the client must get.

import type { ApplicationValue } from "../../src/application/application.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import type { ResponseFraming } from "../support/raw_client.ts";

/** One specimen. */
export interface ResponseRow {
  /** The claim; unique among all tables. */
  readonly name: string;
  /** What the client sends, as in `Row.wire`; a plain GET when left out. */
  readonly wire?: string;
  /** What answers. */
  readonly app: ApplicationValue;
  /** What the client gets, one for each request in `wire`. */
  readonly expect: Answer | readonly Answer[];
  /** The clause that asks for it. */
  readonly clause: string;
  readonly options?: ServerOptions;
  /** Event that must be in the server's log; without it nothing but debug events may be there. */
  readonly log?: string;
  /** Why nothing of this shows in mode "pool". */
  readonly notInPool?: string;
  /** Row of the comparison with Cheroot; see `Row.cheroot`. */
  readonly cheroot?: string;
}

/** What the client gets for one request. Only what is given is compared, except where it says so. */
export interface Answer {
  readonly status: number;
  readonly reason?: string;
  readonly protocol?: string;
  /** Values of a field's lines by its name; none says that the field is absent. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  readonly framing: ResponseFraming;
  /** One character an octet; compared unless the framing is `none`. */
  readonly content?: string;
  readonly chunks?: readonly number[];
  /** Statuses of the interim responses before it; none when left out. */
  readonly interim?: readonly number[];
  /** False when the connection ends behind it, and it says so. */
  readonly open?: false;
  /** The connection is cut before the content is complete; nothing but the head is compared then. */
  readonly cut?: true;
}

/** The request of rows that name none. */
export const PLAIN_GET = "GET / HTTP/1.1|Host: a||";

/** The answers of a row as a list. */
export function answers(row: ResponseRow): readonly Answer[] {
  return Array.isArray(row.expect) ? row.expect : [row.expect as Answer];
}

/** Whether another request may follow. */
export function staysOpen(row: ResponseRow): boolean {
  return answers(row).every((answer) => answer.open !== false && answer.cut === undefined);
}
