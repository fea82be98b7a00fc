// The ids by which a request is found in a trace, for logs. They are those of the request's own span where
// there is one, else those that the client has sent (https://www.w3.org/TR/trace-context/).

import type { RequestHead } from "../http1/request_head.ts";

/** Ids of a trace and of a span in it, in hex. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** What has them. */
export interface TracedRequest {
  readonly head: RequestHead | undefined;
  readonly traceparent?: string | undefined;
}

/** Version, trace, span, flags; later versions may have more behind them. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** Finds the ids of a request.
 *
 * @returns undefined when it belongs to no trace */
export function traceIdsOf({ head, traceparent }: TracedRequest): TraceIds | undefined {
  const text = traceparent ?? head?.fields.get("traceparent");
  if (text === undefined) return undefined;
  const match = TRACEPARENT.exec(text);
  if (match === null || (match[1] === "00" && match[4] !== undefined)) return undefined;
  return { traceId: match[2], spanId: match[3] };
}
