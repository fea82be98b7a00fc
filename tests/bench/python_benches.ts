// The benches of Python applications, on two cores, against Cheroot with the same application.

import { compareUnderLoad } from "./compare_requests.ts";
import { isolate } from "./isolation_load.ts";
import { interleave } from "./rounds.ts";
import { BOTH_CORES, type ServerSpec, startServers } from "./server_process.ts";
import { maximumOf, medianOf, printTable } from "./table.ts";

const PROCESSES: ServerSpec = {
  name: "robusto, 2 processes",
  file: "python.ts",
  options: { minWorkers: 2, maxWorkers: 2, python: "/usr/bin/python3" },
};
const EMBEDDED: ServerSpec = {
  name: "robusto, 2 embedded",
  file: "python.ts",
  options: { minWorkers: 2, maxWorkers: 2, python: "embedded" },
};
const CHEROOT: ServerSpec = {
  name: "Cheroot, 10 threads",
  file: "cheroot.py",
  command: ["/usr/bin/python3"],
  options: { numthreads: 10 },
};

/** Small requests. */
export async function compareRequests(rounds: number, seconds: number): Promise<void> {
  await compareUnderLoad({
    title: `my_crazy_app in Python: 64 connections, both cores, ${rounds} rounds of ${seconds} s`,
    specs: [PROCESSES, EMBEDDED, CHEROOT],
    cores: BOTH_CORES,
    load: { seconds, cores: BOTH_CORES },
    base: CHEROOT.name,
    rounds,
  });
}

/** Light requests beside one that computes. */
export async function measureIsolation(rounds: number, seconds: number): Promise<void> {
  console.log(
    "\nLight requests in Python, 100/s, beside one client of a handler that computes for 200 ms: " +
      `both cores, ${rounds} rounds of ${seconds} s`,
  );
  await using started = await startServers([PROCESSES, EMBEDDED], BOTH_CORES);
  const { servers } = started;
  for (const server of servers) await isolate(server, 1, 1); // compiles
  const samples = await interleave(servers, rounds, (server) => isolate(server, 1, seconds));
  printTable(samples, {
    "p50, ms": medianOf("p50", 1),
    "p99, ms": medianOf("p99", 1),
    "max, ms": maximumOf("max", 1),
    "heavy responses": medianOf("heavy"),
  });
}
