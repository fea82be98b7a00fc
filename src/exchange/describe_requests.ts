// Names the requests that a worker had when it ended, or that a stop has cut, for the log: an operator has to
// find the one that ended it.

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
  return join(loggedRequests(exchanges), exchanges.length);
}

/** The same requests as members of a log event.
 *
 * @param exchanges the requests, in the order in which they were handed over
 * @returns the one that was handed over last first; not all, if there are many */
export function loggedRequests(exchanges: readonly NamedRequest[]): readonly LoggedRequest[] {
  return exchanges.slice(-MOST_REQUESTS).reverse().map(loggedRequest);
}

/** One request as a member of a log event. */
export function loggedRequest({ head, requestId }: NamedRequest): LoggedRequest {
  const { raw } = head.target;
  const target = raw.length > LONGEST_TARGET ? `${raw.slice(0, LONGEST_TARGET)}…` : raw;
  return { requestId, method: head.method, target };
}

/** Names members of a log event.
 *
 * @param requests the one that began last first
 * @returns their names, and those that the event has room for */
export function describeLogged(
  requests: readonly LoggedRequest[],
): { readonly named: string; readonly requests: readonly LoggedRequest[] } {
  const shown = requests.slice(0, MOST_REQUESTS);
  return { named: join(shown, requests.length), requests: shown };
}

function join(requests: readonly LoggedRequest[], count: number): string {
  const names = requests.map(({ requestId, method, target }) =>
    `${method} ${target} (id ${requestId})`
  );
  const others = count - names.length;
  return names.join(", ") + (others > 0 ? ` and ${others} more` : "");
}
