// Several servers under the same load of requests: who answers how many, at what cost?

import { loadWithRequests, type RequestLoad } from "./request_load.ts";
import { interleave } from "./rounds.ts";
import { type ServerSpec, startServers } from "./server_process.ts";
import { medianOf, printTable, ratioTo } from "./table.ts";

/** What is compared, and how. */
export interface Comparison {
  /** Printed above the table. */
  readonly title: string;
  readonly specs: readonly ServerSpec[];
  /** Where the servers may run. */
  readonly cores: string;
  readonly load: RequestLoad;
  /** Name of the server that the others are compared with. */
  readonly base: string;
  readonly rounds: number;
}

/** Starts servers, loads them in turn, and prints what came of it. */
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
