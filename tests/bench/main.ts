// The program of `deno task bench`: compares Robusto with other servers, see docs/performance.md.
//
//   deno task bench [NAME ...] [--rounds N] [--seconds N]

import { parseArgs } from "node:util";
import { isInstalled } from "../support/program.ts";
import { compareUnderLoad } from "./compare_requests.ts";
import * as pool from "./pool_benches.ts";
import * as python from "./python_benches.ts";
import { loadWithRequests } from "./request_load.ts";
import { interleave } from "./rounds.ts";
import { DENO_SERVE, NODE_HTTP, ROBUSTO, SERVER_CORE, startServers } from "./server_process.ts";
import * as tls from "./tls_benches.ts";
import { maximumOf, medianOf, printTable, ratioTo } from "./table.ts";
import { transfer } from "./transfer_load.ts";

const LOAD_CORE = "1";

type Bench = (rounds: number, seconds: number) => Promise<void>;

const BENCHES: Readonly<Record<string, { readonly needs: string[]; readonly run: Bench }>> = {
  "hello": { needs: ["taskset", "wrk"], run: (...times) => compareRequests(false, ...times) },
  "pipelined": { needs: ["taskset", "wrk"], run: (...times) => compareRequests(true, ...times) },
  "upload": { needs: ["taskset", "wrk"], run: (rounds) => compareTransfers("upload", rounds) },
  "download": { needs: ["taskset", "wrk"], run: (rounds) => compareTransfers("download", rounds) },
  "tls": { needs: ["taskset", "wrk", "openssl"], run: tls.compareHello },
  "tls-connections": { needs: ["taskset", "wrk", "openssl"], run: tls.compareConnections },
  "pooled": { needs: ["taskset", "wrk"], run: pool.compareHello },
  "isolation": { needs: ["taskset"], run: pool.compareIsolation },
  "streams": { needs: ["taskset", "sh"], run: pool.compareStreams },
  "waiting": { needs: ["taskset", "wrk"], run: pool.compareWaiting },
  "pooled-upload": { needs: ["taskset"], run: (rounds) => pool.compareTransfers("upload", rounds) },
  "pooled-download": {
    needs: ["taskset"],
    run: (rounds) => pool.compareTransfers("download", rounds),
  },
  "recovery": { needs: ["taskset"], run: pool.measureRecovery },
  "python": { needs: ["taskset", "wrk"], run: python.compareRequests },
  "python-isolation": { needs: ["taskset"], run: python.measureIsolation },
  "cost": { needs: ["taskset"], run: pool.measureCost },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
for (const name of names) {
  if (!Object.hasOwn(BENCHES, name)) {
    fail(`Cannot bench ${name}: expected ${Object.keys(BENCHES).join(", ")}`);
  }
  for (const command of BENCHES[name].needs) requireCommand(command, name);
}
for (const name of names) {
  await BENCHES[name].run(Number(values.rounds), Number(values.seconds));
}

async function compareRequests(
  pipelined: boolean,
  rounds: number,
  seconds: number,
): Promise<void> {
  const what = pipelined ? "16 in one write" : "Hello world!";
  await compareUnderLoad({
    title: `${what}: 64 connections, server on one core, ${rounds} rounds of ${seconds} s`,
    specs: [ROBUSTO, DENO_SERVE, NODE_HTTP],
    cores: SERVER_CORE,
    load: { pipelined, seconds, cores: LOAD_CORE },
    base: DENO_SERVE.name,
    rounds,
  });
}

async function compareTransfers(direction: "upload" | "download", rounds: number): Promise<void> {
  console.log(`\n${direction}: 1 GiB, one connection, server on one core, ${rounds} rounds`);
  await using started = await startServers([ROBUSTO, DENO_SERVE], SERVER_CORE);
  const { servers } = started;
  const compile = { seconds: 1, cores: LOAD_CORE };
  for (const server of servers) await loadWithRequests(server, compile);
  const samples = await interleave(
    servers,
    rounds,
    (server) => transfer(server, direction, LOAD_CORE),
  );
  printTable(samples, {
    "MB/s": medianOf("megabytesPerSecond"),
    "peak above idle, MiB": maximumOf("memoryGrowth"),
    ...ratioTo(samples, DENO_SERVE.name, "megabytesPerSecond"),
  });
}

function requireCommand(command: string, bench: string): void {
  if (isInstalled(command)) return;
  const source = command === "taskset"
    ? "it is part of util-linux, on Linux"
    : `apt-get install ${command}`;
  fail(`Cannot bench ${bench} without ${command}: ${source}`);
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(1);
}
