// Keeps `maxConnections` below the number of descriptors that the process may open: past it Deno and the
// application cannot open files, and Deno may panic.

import type { LogEvent } from "../log/log_event.ts";
import { descriptorLimit } from "../net/descriptor_limit.ts";
import { DEFAULTS } from "../options/defaults.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";

/** Descriptors of Deno itself, its standard streams and the listening sockets. */
const PROCESS_RESERVE = 32;
/** Descriptors of a thread: it has an event loop. Six are usual. */
const THREAD_RESERVE = 8;
/** Part of the others that connections may use. A pool may use half of the rest for temporary files; the
 * application needs descriptors for files and for connections to other servers. */
const SHARE = 0.75;

/** Computes how many connections may be open.
 *
 * @param options the options of the server
 * @param limit the process's limit of descriptors
 * @returns the number for one accepting thread, at least 1 and at most `maxConnections` */
export function connectionLimit(
  options: Pick<ResolvedOptions, "maxConnections" | "mode" | "minWorkers" | "maxWorkers">,
  limit: number | undefined = descriptorLimit(),
): number {
  if (limit === undefined) return options.maxConnections;
  const { mode, minWorkers, maxWorkers } = options;
  const shards = mode === "sharded" ? minWorkers : 1;
  const threads = mode === "inline" ? 0 : mode === "sharded" ? shards : maxWorkers;
  const available = beyondReserve(limit, threads) * SHARE;
  return Math.min(options.maxConnections, Math.max(1, Math.floor(available / shards)));
}

/** Computes how many temporary files a pool may have open.
 *
 * @param options the options of the pool
 * @param limit the process's limit of descriptors
 * @returns half of the descriptors that connections leave; `Infinity` when the limit is not known */
export function spoolFileLimit(
  { maxWorkers }: Pick<ResolvedOptions, "maxWorkers">,
  limit: number | undefined = descriptorLimit(),
): number {
  if (limit === undefined) return Infinity;
  return Math.max(0, Math.floor(beyondReserve(limit, maxWorkers) * (1 - SHARE) / 2));
}

function beyondReserve(limit: number, threads: number): number {
  return limit - PROCESS_RESERVE - threads * THREAD_RESERVE;
}

/** Makes the event about a lower limit.
 *
 * @param limit the number of connections in force
 * @param wanted `maxConnections`
 * @returns a warning, unless the number is only the default: then it is a fact */
export function limitWarning(limit: number, wanted: number): LogEvent {
  const level = wanted === DEFAULTS.maxConnections ? "info" : "warn";
  const message =
    `Limited maxConnections to ${limit}, wanted ${wanted}: the process may open too ` +
    "few files, see ulimit -n or LimitNOFILE";
  return { level, event: "max-connections-limited", message };
}
