// What a log event tells of the request that it is about.

import type { LogEvent } from "../log/log_event.ts";
import type { FinishedRequest } from "./finished_response.ts";
import { traceIdsOf } from "./trace_ids.ts";

/** The members of an event that name a request. */
export type RequestFacts = Pick<
  LogEvent,
  "requestId" | "remoteAddr" | "method" | "target" | "traceId" | "spanId"
>;

/** Tells what names a request.
 *
 * @param request the request; of one whose head could not be parsed, what was found of its request line */
export function factsOf(
  request: Pick<FinishedRequest, "requestId" | "remoteAddr" | "head" | "line" | "traceparent">,
): RequestFacts {
  const { requestId, remoteAddr, head, line } = request;
  const method = head?.method ?? line?.method;
  const target = head?.target.raw ?? line?.target;
  return {
    ...{ requestId, remoteAddr },
    ...(method === undefined ? {} : { method }),
    ...(target === undefined ? {} : { target }),
    ...traceIdsOf(request),
  };
}
