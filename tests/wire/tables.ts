// All tables of wire tests: requests, responses and dialogues.

import { expectation } from "./9110_10_expect.ts";
import { rejectedHead } from "./9110_9_3_2_head.ts";
import { host } from "./9110_7_2_host.ts";
import { messageParsing } from "./9112_2_message_parsing.ts";
import { absoluteForm } from "./9112_3_2_2_absolute_form.ts";
import { requestTarget } from "./9112_3_2_request_target.ts";
import { requestLine } from "./9112_3_request_line.ts";
import { fields } from "./9112_5_fields.ts";
import { transferCoding } from "./9112_6_1_transfer_coding.ts";
import { framing } from "./9112_6_framing.ts";
import { extensionsAndTrailers } from "./9112_7_1_extensions_trailers.ts";
import { chunked } from "./9112_7_chunked.ts";
import { persistence } from "./9112_9_persistence.ts";
import { http10 } from "./http10.ts";
import { contentLimits } from "./limits_content.ts";
import { headLimits } from "./limits_head.ts";
import { faultyApplications } from "./9110_15_faults.ts";
import { responseFields } from "./9110_response_fields.ts";
import { responseFraming } from "./9112_6_response_framing.ts";
import { responsePersistence } from "./9112_9_response_persistence.ts";
import type { Dialogue } from "./dialogue.ts";
import { expectDialogues } from "./dialogues_expect.ts";
import { timeDialogues } from "./dialogues_time.ts";
import type { ResponseRow } from "./response_row.ts";
import type { Row } from "./row.ts";

/** Rows of requests by the name of their table. */
export const requestTables: Readonly<Record<string, readonly Row[]>> = {
  "message parsing": messageParsing,
  "request line": requestLine,
  "request target": requestTarget,
  "absolute-form": absoluteForm,
  "host": host,
  "fields": fields,
  "framing": framing,
  "transfer coding": transferCoding,
  "chunked": chunked,
  "chunk extensions and trailers": extensionsAndTrailers,
  "persistence": persistence,
  "expect": expectation,
  "rejected HEAD": rejectedHead,
  "HTTP/1.0": http10,
  "limits of the head": headLimits,
  "limits of the content": contentLimits,
};

/** The same as one list. */
export const requestRows: readonly (readonly [table: string, row: Row])[] = Object.entries(
  requestTables,
).flatMap(([table, rows]) => rows.map((row) => [table, row] as const));

/** Rows of responses. */
export const responseRows: readonly ResponseRow[] = [
  ...responseFraming,
  ...responseFields,
  ...responsePersistence,
  ...faultyApplications,
];

/** Cases in which the order of events matters. */
export const dialogues: readonly Dialogue[] = [...expectDialogues, ...timeDialogues];
