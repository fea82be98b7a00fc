// Compares servers under the same load of requests: rate, latency, CPU time and memory of each.

import { loadWithRequests, type RequestLoad } from "../load/request_load.ts";
import { type ServerSpec, startServers } from "../load/server_process.ts";
import { medianOf, ratioOf } from "../page/columns.ts";
import type { Comparison } from "../results.ts";
import { interleave } from "../rounds.ts";
import { candidatesOf } from "../suite.ts";

/** The servers, the load and the rounds of a comparison. */
export interface RequestComparison {
  /** Title of the table. */
  readonly group: string;
  /** Its name in the table. */
  readonly label?: string;
  readonly specs: readonly ServerSpec[];
  /** Cores that the servers may use, as `taskset` takes them. */
  readonly cores: string;
  readonly load: RequestLoad;
  /** Name of the server whose ratio is 1. */
  readonly base: string;
  readonly rounds: number;
  /** Duration of the load that lets each server compile its code.
   *
   * @default {1} */
  readonly warmUp?: number;
}

/** The columns of a table of small requests. */
export const REQUEST_COLUMNS = [
  medianOf("requests/s", "requestsPerSecond"),
  medianOf("CPU µs/request", "cpuPerRequest", 2),
  ratioOf("requestsPerSecond"),
];

/** Starts servers and loads them in turn. */
export async function compareRequests(
  { group, label = "", specs, cores, load, base, rounds, warmUp = 1 }: RequestComparison,
): Promise<Comparison> {
  await using started = await startServers(specs, cores);
  const { servers } = started;
  for (const server of servers) await loadWithRequests(server, { ...load, seconds: warmUp });
  const samples = await interleave(servers, rounds, (server) => loadWithRequests(server, load));
  return { group, label, base, seconds: load.seconds, candidates: candidatesOf(samples) };
}
