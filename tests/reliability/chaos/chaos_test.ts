// Clients that send, leave and break handlers at random: no octet of one exchange gets into another, a fault
// costs its own request only, and nothing is left at the end. For minutes of it: ROBUSTO_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import { type Application, ModuleApp } from "../../../src/application/application.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { REAL_PYTHON, started } from "../../python/python_site.ts";
import { Site } from "../../support/site.ts";
import { until } from "../../support/latch.ts";
import { type Random, withSeed } from "../random.ts";
import { runLength } from "../run_length.ts";
import chaosApp from "./chaos_app.ts";
import { type ChaosCounts, runChaosClient } from "./chaos_client.ts";

const CLIENTS = 8;
const DURATION = runLength({ short: 1_500, long: 60_000 });
/** How often clients run for so long: once, or on a busy machine until they have tried enough. */
const MOST_ROUNDS = 10;

/** Descriptors that the runtime opens once for its own threads, and keeps. */
const DESCRIPTORS_OF_THREADS = 12;

interface ChaosSite {
  readonly name: string;
  /** Another application than that in TypeScript. */
  readonly app?: Application;
  readonly options: ServerOptions;
  /** Paths of the faults that this kind of worker has to survive. */
  readonly faults: readonly string[];
  /** A worker serves one request at a time, so a fault may cost no other request. */
  readonly isolated?: true;
  readonly ignore?: boolean;
}

const MEBIBYTE = 1024 * 1024;
const deadlines = { handlerTimeout: 3_000, workerTimeout: 1_000 };
const fourWorkers = { minWorkers: 4, exchangesPerWorker: 1, ...deadlines };
const harmless = ["/throw", "/cut"];

const inTypeScript = new ModuleApp(new URL("chaos_app.ts", import.meta.url));
const inPython = new ModuleApp(new URL("chaos_app.py", import.meta.url), "app");

const sites: readonly ChaosSite[] = [
  {
    name: "the accepting thread",
    app: chaosApp,
    options: { mode: "inline" },
    faults: harmless,
    isolated: true,
  },
  {
    name: "two shards",
    options: { mode: "sharded", minWorkers: 2 },
    faults: harmless,
    isolated: true,
  },
  {
    name: "two shards that end",
    options: { mode: "sharded", minWorkers: 2 },
    faults: [...harmless, "/exit", "/close"],
  },
  {
    name: "web workers of one exchange",
    options: { workerKind: "web", ...fourWorkers },
    faults: [...harmless, "/exit", "/close", "/hang"],
    isolated: true,
  },
  {
    name: "killable workers of one exchange",
    options: { workerKind: "killable", ...fourWorkers, maxWorkerHeap: 64 * MEBIBYTE },
    faults: [...harmless, "/exit", "/close", "/loop", "/hang", "/memory"],
    isolated: true,
  },
  {
    name: "workers of many exchanges that are recycled",
    options: { minWorkers: 2, ...deadlines, maxExchangesPerWorker: 200 },
    faults: [...harmless, "/exit", "/close", "/loop"],
  },
  {
    name: REAL_PYTHON === undefined ? "Python processes (missing: python3)" : "Python processes",
    app: inPython,
    options: {
      ...fourWorkers,
      python: REAL_PYTHON ?? "",
      maxExchangesPerWorker: 500,
      maxWorkerHeap: 256 * MEBIBYTE,
    },
    faults: ["/throw", "/exit", "/close", "/loop", "/hang", "/crash", "/memory"],
    isolated: true,
    ignore: REAL_PYTHON === undefined,
  },
];

for (const { name, app = inTypeScript, options, faults, isolated, ignore } of sites) {
  Deno.test(
    `faults and leaving clients cost their own exchange only, in ${name}`,
    { ignore },
    () =>
      withSeed(async (random) => {
        const counts: ChaosCounts = {
          responses: 0,
          left: 0,
          faults: 0,
          besideFaults: 0,
          failed: [],
        };
        const descriptors = openDescriptors();
        await serveChaos(app, options, { random, faults, counts });
        assert(isEnough(counts), JSON.stringify(counts));
        if (isolated) assertEquals(counts.failed, []);
        await until(() => openDescriptors() <= descriptors + DESCRIPTORS_OF_THREADS);
        assertEquals(childProcesses(), []);
      }),
  );
}

async function serveChaos(
  app: Application,
  options: ServerOptions,
  client: { random: Random; faults: readonly string[]; counts: ChaosCounts },
): Promise<void> {
  await using site = options.mode === "inline"
    ? new Site(app, options)
    : await started(app, options);
  const connect = () => site.dial();
  const shared = { connect, faultChance: 0.02, ...client };
  for (let round = 0; round < MOST_ROUNDS && !isEnough(client.counts); round++) {
    const end = performance.now() + DURATION;
    await Promise.all(
      Array.from({ length: CLIENTS }, () => runChaosClient(shared, end)),
    );
  }
  const { server } = site;
  await until(() => server.stats.connections === 0);
  if (server.stats.pool === undefined) return;
  const { minWorkers } = options;
  // A worker that was recycled ends beside those that are ready.
  await until(() => {
    const { ready, workers } = server.stats.pool!;
    return ready === minWorkers && workers.length === minWorkers && server.ready;
  });
  const { queued, busy } = server.stats.pool!;
  assertEquals([queued, busy], [0, 0]);
}

/** Whether the clients have tried what they are for. */
function isEnough({ responses, left }: ChaosCounts): boolean {
  return responses > 20 && left > 0;
}

function openDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

/** Ids of the processes that this one has started and that still exist, ended ones included. */
function childProcesses(): string[] {
  return [...Deno.readDirSync("/proc/self/task")].flatMap(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/self/task/${name}/children`).split(" ").filter(Boolean);
    } catch {
      return []; // the thread has ended meanwhile
    }
  });
}
