// What the live page shows, once a second, and the stream of server-sent events that brings it there.

import { clearInterval, Promise, setInterval, TextEncoder } from "../io/platform.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { DURATION_BOUNDS } from "../exchange/response_metrics.ts";
import type { AdminSite } from "./admin_site.ts";
import { restartsBy } from "./metrics.ts";

/** How often the page gets new numbers, in milliseconds. */
const INTERVAL = 1_000;

/** Streams at a time; each costs a view a second. */
const MOST_STREAMS = 8;

/** Requests in one view. */
const MOST_REQUESTS = 200;

const UTF8 = new TextEncoder();

/** The streams of one listener. */
export class LiveView {
  readonly #site: AdminSite;
  #streams = 0;

  /** @param site the server that it shows */
  constructor(site: AdminSite) {
    this.#site = site;
  }

  /** Whether another stream may begin. */
  get hasRoom(): boolean {
    return this.#streams < MOST_STREAMS;
  }

  /** Sends views until the client leaves or the server stops.
   *
   * @param exchange the request
   * @param fields fields of every response
   * @returns a promise of its end */
  stream(exchange: Exchange, fields: readonly [string, string][]): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const head = {
      status: 200,
      fields: [["Content-Type", "text/event-stream"], ...fields],
    } as const;
    if (!exchange.begin(head)) {
      exchange.end();
      return Promise.resolve(); // HEAD
    }
    this.#streams++;
    let sending = false;
    const send = async () => {
      if (sending) return; // a slow client gets fewer views
      sending = true;
      try {
        await exchange.write(UTF8.encode(`data: ${JSON.stringify(viewOf(this.#site))}\n\n`));
      } catch {
        // The client has left, which ends the stream.
      }
      sending = false;
    };
    const timer = setInterval(send, INTERVAL);
    exchange.onDisconnect((reason) => {
      clearInterval(timer);
      this.#streams--;
      exchange.abort(reason);
      ended.resolve();
    });
    void send();
    return ended.promise;
  }
}

/** What the page shows now. */
function viewOf({ activity, pools, stats, unreadiness, warnings, process }: AdminSite) {
  const { build, memory } = process;
  const { responses, requests, active } = activity;
  return {
    time: Date.now(),
    build,
    memory,
    unreadiness: unreadiness ?? null,
    runtime: stats.runtime,
    connections: stats.connections,
    idleConnections: stats.idleConnections,
    accepts: stats.accepts,
    lostLogLines: stats.lostLogLines,
    active,
    bounds: DURATION_BOUNDS,
    series: responses.series.map(({ status, counts }) => ({ status, counts })),
    outcomes: responses.outcomes,
    requests: requests.slice(0, MOST_REQUESTS),
    pools: pools.map(({ name, queueSize, stats }) => ({
      name,
      kind: stats.kind,
      queued: stats.queued,
      queueSize,
      refused: stats.refused,
      restarts: restartsBy(stats),
      workers: stats.workers.map(({ workerId, state, age, exchanges, cpuTime, work }) => ({
        ...{ workerId, state, age, exchanges, cpuTime, load: work.length },
      })),
    })),
    shards: (stats.shards ?? []).map(({ workerId, connections, requests, cpuTime, runtime }) => ({
      ...{ workerId, connections, requests, cpuTime, age: runtime },
    })),
    warnings,
  };
}
