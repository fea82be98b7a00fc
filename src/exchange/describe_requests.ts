// Names the requests of a worker that has ended, for the log: an operator has to find the one that ended
// it.

import type { LoggedRequest } from "../log/log_event.ts";
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
  const named = loggedRequests(exchanges);
  const others = exchanges.length - named.length;
  return named.map(describe).join(", ") + (others > 0 ? ` and ${others} more` : "");
}

/** The same requests as members of a log event.
 *
 * @param exchanges the requests, in the order in which they were handed over
 * @returns the one that was handed over last first; not all, if there are many */
export function loggedRequests(exchanges: readonly NamedRequest[]): readonly LoggedRequest[] {
  return exchanges.slice(-MOST_REQUESTS).reverse().map(({ head, requestId }) => {
    const { raw } = head.target;
    const target = raw.length > LONGEST_TARGET ? `${raw.slice(0, LONGEST_TARGET)}…` : raw;
    return { requestId, method: head.method, target };
  });
}

function describe({ requestId, method, target }: LoggedRequest): string {
  return `${method} ${target} (id ${requestId})`;
}
