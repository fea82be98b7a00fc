// The metrics of a server, with their names, labels and units. Every label has few values, and none that a
// client could make up. docs/metrics.md describes each of them.

import { DURATION_BOUNDS } from "../exchange/response_metrics.ts";
import type { Outcome } from "../exchange/finished_response.ts";
import type { PoolStats } from "../pool/pool_stats.ts";
import type { AdminSite, NamedPool } from "./admin_site.ts";
import type { HistogramSample, Labels, Metric, Sample } from "./exposition.ts";

/** Collects all metrics of a server.
 *
 * @param site the server */
export function collectMetrics(site: AdminSite): readonly Metric[] {
  return [
    ...httpMetrics(site),
    ...connectionMetrics(site),
    ...poolMetrics(site.pools),
    ...processMetrics(site),
  ];
}

function httpMetrics({ activity: { active, responses }, stats }: AdminSite): readonly Metric[] {
  const outcomes = Object.keys(responses.outcomes) as Outcome[];
  return [
    {
      name: "http_server_request_duration_seconds",
      type: "histogram",
      help: "Time from the first octet of a request to the last octet of its response.",
      samples: responses.series.map(({ method, status, counts, sum }) => ({
        labels: { http_request_method: method, http_response_status_code: status },
        bounds: DURATION_BOUNDS,
        counts,
        sum,
      })),
    },
    gauge("http_server_active_requests", "Requests that are under way.", active),
    {
      name: "robusto_responses_total",
      type: "counter",
      help: "Responses by how they ended.",
      samples: outcomes.map((outcome) => ({
        labels: { outcome },
        value: responses.outcomes[outcome],
      })),
    },
    counter("robusto_requests_total", "Requests whose head was complete.", stats.requests),
    counter(
      "robusto_requests_refused_total",
      "Requests rejected for a fault of the client.",
      stats.refused,
    ),
    counter("robusto_responses_aborted_total", "Responses that were cut short.", stats.aborted),
  ];
}

function connectionMetrics({ stats }: AdminSite): readonly Metric[] {
  const { connections, idleConnections } = stats;
  return [
    {
      name: "robusto_connections",
      type: "gauge",
      help: "Open connections: idle ones wait for another request.",
      samples: [
        { labels: { state: "active" }, value: Math.max(0, connections - idleConnections) },
        { labels: { state: "idle" }, value: idleConnections },
      ],
    },
    counter("robusto_connections_accepted_total", "Connections accepted.", stats.accepts),
    counter("robusto_received_bytes_total", "Octets received from clients.", stats.bytesRead),
    counter("robusto_sent_bytes_total", "Octets sent to clients.", stats.bytesWritten),
    counter(
      "robusto_socket_errors_total",
      "Errors of sockets, other than clients that leave.",
      stats.socketErrors,
    ),
  ];
}

function poolMetrics(pools: readonly NamedPool[]): readonly Metric[] {
  const each = (valueOf: (pool: NamedPool) => number): Sample[] =>
    pools.map((pool) => ({ labels: { pool: pool.name }, value: valueOf(pool) }));
  return [
    {
      name: "robusto_queue_length",
      type: "gauge",
      help: "Requests that wait for a worker.",
      samples: each(({ stats }) => stats.queued),
    },
    {
      name: "robusto_queue_limit",
      type: "gauge",
      help: "Requests that may wait for a worker.",
      samples: each(({ queueSize }) => queueSize),
    },
    {
      name: "robusto_queue_refused_total",
      type: "counter",
      help: "Requests rejected because too many waited for a worker, or too long.",
      samples: each(({ stats }) => stats.refused),
    },
    {
      name: "robusto_queue_time_seconds",
      type: "histogram",
      help: "Time that requests waited for a worker.",
      samples: pools.map(({ name, stats }) => inSeconds({ pool: name }, stats.queueTime)),
    },
    {
      name: "robusto_worker_time_seconds",
      type: "histogram",
      help: "Time that requests were with a worker.",
      samples: pools.map(({ name, stats }) => inSeconds({ pool: name }, stats.runTime)),
    },
    {
      name: "robusto_workers",
      type: "gauge",
      help: "Workers by state; abandoned ones could not be ended.",
      samples: pools.flatMap(({ name, stats }) => samplesBy("state", name, workersByState(stats))),
    },
    {
      name: "robusto_worker_starts_total",
      type: "counter",
      help: "Workers started.",
      samples: each(({ stats }) => stats.spawned),
    },
    {
      name: "robusto_worker_restarts_total",
      type: "counter",
      help: "Workers that were replaced, by reason.",
      samples: pools.flatMap(({ name, stats }) => samplesBy("reason", name, restartsBy(stats))),
    },
  ];
}

function processMetrics({ process, stats, unreadiness }: AdminSite): readonly Metric[] {
  const { build, cpuTime, memory, startTime } = process;
  return [
    gauge("robusto_ready", "Whether /readyz says 200: 1 or 0.", unreadiness === undefined ? 1 : 0),
    counter(
      "robusto_log_lines_lost_total",
      "Lines of the logs that could not be written.",
      stats.lostLogLines,
    ),
    {
      name: "robusto_shards",
      type: "gauge",
      help: "Accepting threads of mode sharded that report their numbers.",
      samples: stats.shards === undefined ? [] : [{ labels: {}, value: stats.shards.length }],
    },
    gauge("process_resident_memory_bytes", "Memory of the process.", memory),
    counter("process_cpu_seconds_total", "CPU time of the process.", cpuTime),
    gauge("process_start_time_seconds", "When the process was started.", startTime),
    {
      name: "robusto_build_info",
      type: "gauge",
      help: "Versions of Robusto and Deno, and the mode; always 1.",
      samples: [{ labels: build, value: 1 }],
    },
  ];
}

/** How many workers of a pool are in each state.
 *
 * @param stats the pool's numbers */
export function workersByState({ workers, strayThreads }: PoolStats): Record<string, number> {
  const counts = { starting: 0, idle: 0, busy: 0, retiring: 0, abandoned: strayThreads };
  for (const { state, work } of workers) {
    if (state === "ready") counts[work.length > 0 ? "busy" : "idle"]++;
    else if (state !== "ended") counts[state]++;
  }
  return counts;
}

/** How many workers of a pool were replaced, by reason.
 *
 * @param stats the pool's numbers */
export function restartsBy(
  { killedWorkers, crashedWorkers, recycledWorkers }: PoolStats,
): Record<string, number> {
  return { timeout: killedWorkers, crash: crashedWorkers, recycle: recycledWorkers };
}

function samplesBy(
  label: string,
  pool: string,
  counts: Readonly<Record<string, number>>,
): Sample[] {
  return Object.entries(counts).map(([name, value]) => ({
    labels: { pool, [label]: name },
    value,
  }));
}

/** The pool counts in milliseconds. */
function inSeconds(
  labels: Labels,
  { bounds, counts, sum }: PoolStats["queueTime"],
): HistogramSample {
  return {
    labels,
    bounds: bounds.slice(0, -1).map((bound) => bound / 1000),
    counts,
    sum: sum / 1000,
  };
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: "gauge", help, samples: [{ labels: {}, value }] };
}

function counter(name: string, help: string, value: number): Metric {
  return { name, type: "counter", help, samples: [{ labels: {}, value }] };
}
