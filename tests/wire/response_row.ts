// A row of the response tables: a request, an application, and the response that the client must get.

import type { ApplicationValue } from "../../src/application/application.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import type { ResponseFraming } from "../support/raw_client.ts";

/** One case. */
export interface ResponseRow {
  /** The case in words; unique among all tables. */
  readonly name: string;
  /** What the client sends, as in `Row.wire`; a plain GET when left out. */
  readonly wire?: string;
  /** The application that responds. */
  readonly app: ApplicationValue;
  /** One response for each request in `wire`. */
  readonly expect: ExpectedResponse | readonly ExpectedResponse[];
  /** The clause that demands it; see `Row.clause`. */
  readonly clause: string;
  readonly options?: ServerOptions;
  /** Event that must be in the server's log; without it the log may hold debug events only. */
  readonly log?: string;
  /** Why the row cannot run in mode "pool". */
  readonly notInPool?: string;
  /** The behaviour of Cheroot that the row covers; see `Row.cheroot`. */
  readonly cheroot?: string;
}

/** One response as the client gets it. Only the given members are compared, unless a comment says else. */
export interface ExpectedResponse {
  readonly status: number;
  readonly reason?: string;
  readonly protocol?: string;
  /** Values of a field's lines by its name; an empty list says that the field is absent. */
  readonly fields?: Readonly<Record<string, readonly string[]>>;
  readonly framing: ResponseFraming;
  /** One character an octet; compared unless the framing is `none`. */
  readonly content?: string;
  readonly chunks?: readonly number[];
  /** Statuses of the interim responses before it; no interim response when left out. */
  readonly interim?: readonly number[];
  /** False when the response says close and the connection ends. */
  readonly open?: false;
  /** The connection is cut before the content is complete; then the response is not compared. */
  readonly cut?: true;
}

/** The request of rows without `wire`. */
export const PLAIN_GET = "GET / HTTP/1.1|Host: a||";

/** The responses of a row as a list. */
export function expectedResponses(row: ResponseRow): readonly ExpectedResponse[] {
  return Array.isArray(row.expect) ? row.expect : [row.expect as ExpectedResponse];
}

/** Whether another request may follow. */
export function staysOpen(row: ResponseRow): boolean {
  return expectedResponses(row).every((response) =>
    response.open !== false && response.cut === undefined
  );
}
