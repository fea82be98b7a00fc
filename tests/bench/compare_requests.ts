// Compares servers under the same load: responses a second, and CPU time of each.

import { loadWithRequests, type RequestLoad } from "./request_load.ts";
import { interleave } from "./rounds.ts";
import { type ServerSpec, startServers } from "./server_process.ts";
import { medianOf, printTable, ratioTo } from "./table.ts";

/** The servers, the load and the rounds of a comparison. */
export interface Comparison {
  /** Printed above the table. */
  readonly title: string;
  readonly specs: readonly ServerSpec[];
  /** Cores that the servers may use, as `taskset` takes them. */
  readonly cores: string;
  readonly load: RequestLoad;
  /** Name of the server whose ratio is 1. */
  readonly base: string;
  readonly rounds: number;
}

/** Starts servers, loads them in turn, and prints a table. */
export async function compareUnderLoad(
  { title, specs, cores, load, base, rounds }: Comparison,
): Promise<void> {
  console.log(`\n${title}`);
  await using started = await startServers(specs, cores);
  const { servers } = started;
  for (const server of servers) await loadWithRequests(server, { ...load, seconds: 1 }); // compiles
  const samples = await interleave(servers, rounds, (server) => loadWithRequests(server, load));
  printTable(samples, {
    "requests/s": medianOf("requestsPerSecond"),
    "CPU µs/request": medianOf("cpuPerRequest", 2),
    ...ratioTo(samples, base, "requestsPerSecond"),
  });
}
