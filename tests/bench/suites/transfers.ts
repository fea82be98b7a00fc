// The suites of large transfers: 1 GiB up or down, in the accepting thread or through a worker.

import { BOTH_CORES, SERVER_CORE, type ServerSpec, startServers } from "../load/server_process.ts";
import { transfer } from "../load/transfer_load.ts";
import { maximumOf, medianOf, ratioOf } from "../page/columns.ts";
import { interleave } from "../rounds.ts";
import { DENO_SERVE, pooled, ROBUSTO } from "../servers/specs.ts";
import { candidatesOf, type Suite } from "../suite.ts";

const LOAD_CORE = "1";
const POOLED = pooled("robusto, 2 workers", { minWorkers: 2, maxWorkers: 2 });

const INLINE = {
  group: "1 GiB over one connection, server on one core",
  specs: [ROBUSTO, DENO_SERVE],
  base: DENO_SERVE,
  cores: SERVER_CORE,
  clientCores: LOAD_CORE,
};
const IN_WORKER = {
  group: "1 GiB through a worker over one connection, both cores",
  specs: [POOLED, ROBUSTO],
  base: ROBUSTO,
  cores: BOTH_CORES,
  clientCores: BOTH_CORES,
};

/** Up and down. */
export const transfers: Suite = suite("transfers", INLINE);
/** Up and down, through a worker. */
export const pooledTransfers: Suite = suite("pooled-transfers", IN_WORKER);

interface Setting {
  readonly group: string;
  readonly specs: readonly ServerSpec[];
  readonly base: ServerSpec;
  readonly cores: string;
  readonly clientCores: string;
}

function suite(name: string, { group, specs, base, cores, clientCores }: Setting): Suite {
  return {
    name,
    needs: ["taskset"],
    columns: [
      medianOf("MB/s", "megabytesPerSecond"),
      maximumOf("peak above idle, MiB", "memoryGrowth"),
      maximumOf("peak, MiB", "peakMemory"),
      ratioOf("megabytesPerSecond"),
    ],
    async *run({ rounds }) {
      for (const direction of ["upload", "download"] as const) {
        await using started = await startServers(specs, cores);
        const { servers } = started;
        for (const server of servers) await transfer(server, direction, clientCores); // compiles
        const samples = await interleave(
          servers,
          rounds,
          (server) => transfer(server, direction, clientCores),
        );
        yield { group, label: direction, base: base.name, candidates: candidatesOf(samples) };
      }
    },
  };
}
