// Lists the requests under way on the connections of one thread. The pools tell which of them has a request;
// everything else the exchange knows itself.

import type { ConnectionExchange } from "../connection/connection_exchange.ts";
import type { RunningRequest } from "../exchange/running_request.ts";

/** Requests in one list: those that came first. */
const MOST_REQUESTS = 1_000;

/** Lists requests.
 *
 * @param exchanges what connections have under way
 * @param now the time on the server's clock
 * @param poolOf name of the pool that has a request; empty for none
 * @param waitingTimes how long requests have waited for a worker that still do, by their ids
 * @param workerId the thread that serves them, where it is a shard
 * @returns the requests, and how many there are */
export function runningRequests(
  exchanges: readonly ConnectionExchange[],
  now: number,
  poolOf: (requestId: string) => string,
  waitingTimes: ReadonlyMap<string, number>,
  workerId?: number,
): { readonly requests: readonly RunningRequest[]; readonly active: number } {
  const running = exchanges.filter(({ settled }) => !settled);
  const requests = running.slice(0, MOST_REQUESTS).map((exchange): RunningRequest => {
    const { requestId: id, head: { method, target: { raw: target } } } = exchange;
    const phase = exchange.responding ? "content" : exchange.handling ? "head" : "queued";
    const { duration, queueTime } = exchange.record(now, "complete");
    return {
      ...{ id, method, target, phase },
      elapsed: Math.round(duration),
      queueTime: waitingTimes.get(id) ?? queueTime,
      workerId: exchange.workerId ?? workerId ?? null,
      pool: poolOf(id),
    };
  });
  return { requests, active: running.length };
}
