// The benches of the worker pool, on two cores.

import { compareUnderLoad } from "./compare_requests.ts";
import { isolate } from "./isolation_load.ts";
import { recover } from "./recovery.ts";
import { interleave } from "./rounds.ts";
import {
  BOTH_CORES,
  DENO_SERVE,
  NODE_HTTP,
  pooled,
  ROBUSTO,
  ServerProcess,
  startServers,
} from "./server_process.ts";
import { maximumOf, medianOf, printTable, ratioTo } from "./table.ts";
import { transfer } from "./transfer_load.ts";
import { costOf } from "./worker_cost.ts";

const TWO_WORKERS = { minWorkers: 2, maxWorkers: 2 };
const POOLED = pooled("pooled", TWO_WORKERS);
/** Time limit of the handler that hangs, in milliseconds. The pool needs the rest of a recovery. */
const HANDLER_TIMEOUT = 500;

/** Small requests through workers. */
export async function compareHello(rounds: number, seconds: number): Promise<void> {
  await compareUnderLoad({
    title:
      `Hello world! through 2 workers: 64 connections, both cores, ${rounds} rounds of ${seconds} s`,
    specs: [POOLED, DENO_SERVE, NODE_HTTP],
    cores: BOTH_CORES,
    load: { seconds, cores: BOTH_CORES },
    base: DENO_SERVE.name,
    rounds,
  });
}

/** Many clients whose handlers wait. */
export async function compareWaiting(rounds: number, seconds: number): Promise<void> {
  const workers = pooled("pooled", { ...TWO_WORKERS, exchangesPerWorker: 512 });
  await compareUnderLoad({
    title: `Handler awaits 100 ms: 1,000 connections, 2 workers, ${rounds} rounds of ${seconds} s`,
    specs: [workers, DENO_SERVE],
    cores: BOTH_CORES,
    load: { seconds, cores: BOTH_CORES, connections: 1000, path: "wait" },
    base: DENO_SERVE.name,
    rounds,
  });
}

/** Light requests beside heavy ones. */
export async function compareIsolation(rounds: number, seconds: number): Promise<void> {
  for (const [heavyClients, workers] of [[1, 2], [2, 4]]) {
    console.log(
      `\nLight requests, 100/s, beside ${heavyClients} client(s) of a handler that computes ` +
        `for 200 ms: both cores, ${rounds} rounds of ${seconds} s`,
    );
    const options = { minWorkers: workers, maxWorkers: workers };
    const specs = [pooled(`pooled, ${workers} workers`, options), DENO_SERVE];
    await using started = await startServers(specs, BOTH_CORES);
    const { servers } = started;
    for (const server of servers) await isolate(server, heavyClients, 1); // compiles
    const samples = await interleave(
      servers,
      rounds,
      (server) => isolate(server, heavyClients, seconds),
    );
    printTable(samples, {
      "p50, ms": medianOf("p50", 1),
      "p99, ms": medianOf("p99", 1),
      "max, ms": maximumOf("max", 1),
      "heavy responses": medianOf("heavy"),
    });
  }
}

/** Light requests beside open responses. */
export async function compareStreams(rounds: number, seconds: number): Promise<void> {
  const [eventStreams, slowReaders] = [2_000, 500];
  console.log(
    `\nLight requests, 100/s, beside ${eventStreams} event streams of an event a second and ` +
      `${slowReaders} readers of 1 kB/s: both cores, ${rounds} rounds of ${seconds} s`,
  );
  const specs = [pooled("pooled, 2 workers", TWO_WORKERS), DENO_SERVE];
  const samples = await interleave(specs, rounds, async (spec) => {
    await using server = await ServerProcess.start(spec, BOTH_CORES);
    await using _held = await holdStreams(server.url, eventStreams, slowReaders);
    await isolate(server, 0, 1); // compiles
    return await isolate(server, 0, seconds);
  });
  printTable(samples, {
    "p50, ms": medianOf("p50", 1),
    "p99, ms": medianOf("p99", 1),
    "max, ms": maximumOf("max", 1),
  });
}

/** Starts a program that keeps responses open, with enough descriptors. */
async function holdStreams(url: string, ...counts: number[]): Promise<AsyncDisposable> {
  const file = new URL("stream_holder.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n 8192; exec "$@"`, "sh", Deno.execPath(), "run", "-A", file, url]
      .concat(counts.map(String)),
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  if (value !== "held\n") throw new Error(`Cannot hold responses of ${url}: got ${value}`);
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** 1 GiB through a worker, or through the accepting thread only. */
export async function compareTransfers(
  direction: "upload" | "download",
  rounds: number,
): Promise<void> {
  console.log(
    `\n${direction} through a worker: 1 GiB, one connection, both cores, ${rounds} rounds`,
  );
  await using started = await startServers([POOLED, ROBUSTO], BOTH_CORES);
  const { servers } = started;
  for (const server of servers) await transfer(server, direction, BOTH_CORES); // compiles
  const samples = await interleave(
    servers,
    rounds,
    (server) => transfer(server, direction, BOTH_CORES),
  );
  printTable(samples, {
    "MB/s": medianOf("megabytesPerSecond"),
    "peak above idle, MiB": maximumOf("memoryGrowth"),
    "peak, MiB": maximumOf("peakMemory"),
    ...ratioTo(samples, ROBUSTO.name, "megabytesPerSecond"),
  });
}

/** The time from a request that hangs until its worker is replaced. */
export async function measureRecovery(rounds: number): Promise<void> {
  console.log(
    `\nRecovery of one worker: handlerTimeout ${HANDLER_TIMEOUT} ms, ${rounds} rounds`,
  );
  const options = { minWorkers: 1, maxWorkers: 1, handlerTimeout: HANDLER_TIMEOUT };
  await using started = await startServers([pooled("pooled, killable", options)], BOTH_CORES);
  const samples = await interleave(
    started.servers,
    rounds,
    (server) => recover(server, HANDLER_TIMEOUT),
  );
  printTable(samples, {
    "median, ms": medianOf("recovery"),
    "max, ms": maximumOf("recovery"),
    "max beyond handlerTimeout and grace, ms": maximumOf("beyond"),
  });
}

/** Start time and memory of an idle worker. */
export async function measureCost(rounds: number): Promise<void> {
  console.log(`\nCost of one more worker, of 8: ${rounds} rounds`);
  const kinds = [{ name: "web" }, { name: "killable" }] as const;
  const samples = await interleave(kinds, rounds, ({ name }) => costOf(name));
  printTable(samples, {
    "start, ms": medianOf("start", 1),
    "RSS, MiB": medianOf("rss", 1),
    "PSS, MiB": medianOf("pss", 1),
  });
}
