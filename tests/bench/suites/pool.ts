// The suites of the worker pool, on two cores.

import { isolate, type IsolationSample } from "../load/isolation_load.ts";
import { recover } from "../load/recovery.ts";
import { plainRequest } from "../load/request_load.ts";
import {
  BOTH_CORES,
  ServerProcess,
  type ServerSpec,
  startServers,
} from "../load/server_process.ts";
import { costOf } from "../load/worker_cost.ts";
import { maximumOf, medianOf } from "../page/columns.ts";
import type { Comparison } from "../results.ts";
import { interleave } from "../rounds.ts";
import { DENO_SERVE, NODE_HTTP, pooled } from "../servers/specs.ts";
import { candidatesOf, type Suite } from "../suite.ts";
import { compareRequests, REQUEST_COLUMNS } from "./compare_requests.ts";

const TWO_WORKERS = { minWorkers: 2, maxWorkers: 2 };
/** Time limit of the handler that hangs, in milliseconds. The pool needs the rest of a recovery. */
const HANDLER_TIMEOUT = 500;

/** Small requests through workers. */
export const pooledHello: Suite = {
  name: "pooled",
  needs: ["taskset", "wrk"],
  columns: REQUEST_COLUMNS,
  async *run({ rounds, seconds }) {
    yield await compareRequests({
      group: "Hello world! through 2 workers: 64 connections, both cores",
      specs: [pooled("robusto, 2 workers", TWO_WORKERS), DENO_SERVE, NODE_HTTP],
      cores: BOTH_CORES,
      load: { request: plainRequest("/"), seconds, cores: BOTH_CORES },
      base: DENO_SERVE.name,
      rounds,
    });
  },
};

/** Many clients whose handlers wait. */
export const waiting: Suite = {
  name: "waiting",
  needs: ["taskset", "wrk"],
  columns: REQUEST_COLUMNS,
  async *run({ rounds, seconds }) {
    const workers = pooled("robusto, 2 workers", { ...TWO_WORKERS, exchangesPerWorker: 512 });
    yield await compareRequests({
      group: "Handler awaits 100 ms: 1,000 connections, both cores",
      specs: [workers, DENO_SERVE],
      cores: BOTH_CORES,
      load: { request: plainRequest("/wait"), seconds, connections: 1000, cores: BOTH_CORES },
      base: DENO_SERVE.name,
      rounds,
    });
  },
};

/** The columns of light requests beside heavy ones. */
export const ISOLATION_COLUMNS = [
  medianOf("p50, ms", "p50", 1),
  medianOf("p99, ms", "p99", 1),
  maximumOf("max, ms", "max", 1),
  medianOf("heavy responses", "heavy"),
];

/** Light requests beside heavy ones. */
export const isolation: Suite = {
  name: "isolation",
  needs: ["taskset"],
  columns: ISOLATION_COLUMNS,
  async *run({ rounds, seconds }) {
    for (const [heavyClients, workers] of [[1, 2], [2, 4]]) {
      const options = { minWorkers: workers, maxWorkers: workers };
      yield {
        group: "Light requests, 100/s, beside clients of a handler that computes for 200 ms",
        label: `${heavyClients} heavy`,
        seconds,
        candidates: await compareIsolation(
          [pooled(`robusto, ${workers} workers`, options), DENO_SERVE],
          heavyClients,
          rounds,
          seconds,
        ),
      };
    }
  },
};

/** Loads servers in turn with light requests beside heavy ones, on both cores. */
export async function compareIsolation(
  specs: readonly ServerSpec[],
  heavyClients: number,
  rounds: number,
  seconds: number,
): Promise<Comparison["candidates"]> {
  await using started = await startServers(specs, BOTH_CORES);
  const { servers } = started;
  for (const server of servers) await isolate(server, heavyClients, 1); // compiles
  const samples: ReadonlyMap<{ readonly name: string }, readonly IsolationSample[]> =
    await interleave(servers, rounds, (server) => isolate(server, heavyClients, seconds));
  return candidatesOf(samples);
}

/** Light requests beside open responses. */
export const streams: Suite = {
  name: "streams",
  needs: ["taskset", "sh"],
  columns: ISOLATION_COLUMNS.slice(0, 3),
  async *run({ rounds, seconds }) {
    const [eventStreams, slowReaders] = [2_000, 500];
    const specs = [pooled("robusto, 2 workers", TWO_WORKERS), DENO_SERVE];
    const samples = await interleave(specs, rounds, async (spec) => {
      await using server = await ServerProcess.start(spec, BOTH_CORES);
      await using _held = await holdStreams(server.url, eventStreams, slowReaders);
      await isolate(server, 0, 1); // compiles
      return await isolate(server, 0, seconds);
    });
    yield {
      group: `Light requests, 100/s, beside ${eventStreams} event streams of an event a second ` +
        `and ${slowReaders} readers of 1 kB/s`,
      label: "",
      candidates: candidatesOf(samples),
    };
  },
};

/** Starts a program that keeps responses open, with enough descriptors. */
async function holdStreams(url: string, ...counts: number[]): Promise<AsyncDisposable> {
  const file = new URL("../load/stream_holder.ts", import.meta.url).pathname;
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

/** The time from a request that hangs until its worker is replaced. */
export const recovery: Suite = {
  name: "recovery",
  needs: ["taskset"],
  columns: [
    medianOf("median, ms", "recovery"),
    maximumOf("max, ms", "recovery"),
    maximumOf("max beyond handlerTimeout and grace, ms", "beyond"),
  ],
  async *run({ rounds }) {
    const options = { minWorkers: 1, maxWorkers: 1, handlerTimeout: HANDLER_TIMEOUT };
    const specs = [pooled("robusto, 1 killable worker", options)];
    await using started = await startServers(specs, BOTH_CORES);
    const samples = await interleave(
      started.servers,
      rounds,
      (server) => recover(server, HANDLER_TIMEOUT),
    );
    yield {
      group: `Recovery of the only worker, handlerTimeout ${HANDLER_TIMEOUT} ms`,
      label: "",
      candidates: candidatesOf(samples),
    };
  },
};

/** Start time and memory of an idle worker. */
export const cost: Suite = {
  name: "cost",
  needs: ["taskset"],
  columns: [
    medianOf("start, ms", "start", 1),
    medianOf("RSS, MiB", "rss", 1),
    medianOf("PSS, MiB", "pss", 1),
  ],
  async *run({ rounds }) {
    const kinds = ["web", "killable"] as const;
    const workers = kinds.map((kind) => ({ name: `${kind} worker`, kind }));
    const samples = await interleave(workers, rounds, ({ kind }) => costOf(kind));
    yield { group: "Cost of one more worker, of 8", label: "", candidates: candidatesOf(samples) };
  },
};
