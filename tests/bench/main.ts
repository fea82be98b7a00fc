// Compares Robusto with other servers (docs/performance.md says how).
//
//   deno task bench [hello] [pipelined] [upload] [download] [--rounds N] [--seconds N]

import { parseArgs } from "node:util";
import { isInstalled } from "../support/program.ts";
import { loadWithRequests } from "./request_load.ts";
import { interleave, median, medianRatio, type Sample } from "./rounds.ts";
import { type ServerName, type ServerProcess, startServers } from "./server_process.ts";
import { transfer } from "./transfer_load.ts";

const BASE: ServerName = "Deno.serve";

const BENCHES: Readonly<Record<string, (rounds: number, seconds: number) => Promise<void>>> = {
  hello: (rounds, seconds) => compareRequests("Hello world!", rounds, seconds, false),
  pipelined: (rounds, seconds) => compareRequests("16 in one write", rounds, seconds, true),
  upload: (rounds) => compareTransfers("upload", rounds),
  download: (rounds) => compareTransfers("download", rounds),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
  },
});
for (const command of ["taskset", "wrk"]) requireCommand(command);
for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHES)) {
  if (!Object.hasOwn(BENCHES, name)) {
    fail(`Cannot bench ${name}: expected ${Object.keys(BENCHES).join(", ")}`);
  }
  await BENCHES[name](Number(values.rounds), Number(values.seconds));
}

async function compareRequests(
  what: string,
  rounds: number,
  seconds: number,
  pipelined: boolean,
): Promise<void> {
  console.log(`\n${what}: 64 connections, server on one core, ${rounds} rounds of ${seconds} s`);
  await using started = await startServers(["robusto", BASE, "node:http"]);
  const { servers } = started;
  for (const server of servers) await loadWithRequests(server, 1, pipelined); // compiles
  const samples = await interleave(
    servers,
    rounds,
    (server) => loadWithRequests(server, seconds, pipelined),
  );
  print(samples, "requestsPerSecond", {
    "requests/s": (all) => median(all.map((s) => s.requestsPerSecond)).toFixed(0),
    "CPU µs/request": (all) => median(all.map((s) => s.cpuPerRequest)).toFixed(2),
  });
}

async function compareTransfers(direction: "upload" | "download", rounds: number): Promise<void> {
  console.log(`\n${direction}: 1 GiB, one connection, server on one core, ${rounds} rounds`);
  await using started = await startServers(["robusto", BASE]);
  const { servers } = started;
  for (const server of servers) await loadWithRequests(server, 1, false); // compiles
  const samples = await interleave(servers, rounds, (server) => transfer(server, direction));
  print(samples, "megabytesPerSecond", {
    "MB/s": (all) => median(all.map((s) => s.megabytesPerSecond)).toFixed(0),
    "peak above idle, MiB": (all) => Math.max(...all.map((s) => s.memoryGrowth)).toFixed(0),
  });
}

/** Prints a table that can be pasted into docs/performance.md. */
function print<Key extends string>(
  samples: ReadonlyMap<ServerProcess, Sample<Key>[]>,
  compared: Key,
  columns: Readonly<Record<string, (samples: Sample<Key>[]) => string>>,
): void {
  const base = [...samples].find(([server]) => server.name === BASE)![1];
  const numbers = (all: Sample<Key>[]) => all.map((sample) => sample[compared]);
  const rows = [["server", ...Object.keys(columns), `ratio to ${BASE}`]];
  for (const [server, all] of samples) {
    const ratio = medianRatio(numbers(all), numbers(base)).toFixed(2);
    rows.push([server.name, ...Object.values(columns).map((column) => column(all)), ratio]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  rows.splice(1, 0, widths.map((width) => "-".repeat(width)));
  for (const row of rows) {
    console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`);
  }
}

function requireCommand(name: string): void {
  if (isInstalled(name)) return;
  const source = name === "wrk" ? "apt-get install wrk" : "it is part of util-linux, on Linux";
  fail(`Cannot bench without ${name}: ${source}`);
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(1);
}
