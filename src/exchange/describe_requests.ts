// Names the requests of a worker that has ended, for the log: an operator has to find the one that ended
// it.

import type { Exchange } from "./exchange.ts";

/** A line of the log stays readable with so many requests. */
const MOST_REQUESTS = 32;
/** Characters of a target that are shown. */
const LONGEST_TARGET = 120;

/** What names a request. */
export type NamedRequest = Pick<Exchange, "head" | "requestId">;

/** Names requests, the one that was handed over last first: a handler that never returns is mostly the last
 * one that its worker has started.
 *
 * @param exchanges the requests, in the order in which they were handed over
 * @returns such as `GET /a (id 5), POST /b (id 4)` */
export function describeRequests(exchanges: readonly NamedRequest[]): string {
  const named = exchanges.slice(-MOST_REQUESTS).reverse().map(describeRequest);
  const others = exchanges.length - named.length;
  return named.join(", ") + (others > 0 ? ` and ${others} more` : "");
}

/** Names one request, such as `GET /a (id 5)`. */
export function describeRequest({ head: { method, target }, requestId }: NamedRequest): string {
  const { raw } = target;
  const shown = raw.length > LONGEST_TARGET ? `${raw.slice(0, LONGEST_TARGET)}…` : raw;
  return `${method} ${shown} (id ${requestId})`;
}
