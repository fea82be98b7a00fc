// Mixed traffic of everything for half an hour, with reloads, renewed certificates and renamed logs: nothing is lost,
// and memory, descriptors, timers, threads and processes do not grow. In the suite it takes some seconds.

import { assert, assertEquals } from "@std/assert";
import { Program } from "../../support/program.ts";
import { within } from "../../support/latch.ts";
import { noPki, Pki } from "../../tls/pki.ts";
import { REAL_PYTHON } from "../../python/python_site.ts";
import { type ChaosCounts, runChaosClient } from "../chaos/chaos_client.ts";
import { Random, withSeed } from "../random.ts";
import { isLongRun, runLength } from "../run_length.ts";
import { growthOf, type Held, heldBy } from "./growth.ts";
import {
  breakHandshake,
  listen,
  misbehave,
  observe,
  pause,
  type SoakServer,
  type SoakVisit,
  talk,
} from "./other_clients.ts";

const DURATION = runLength({ short: 3_000, long: 30 * 60_000 });
/** Time between two reloads. */
const MAINTENANCE = runLength({ short: 1_000, long: 60_000 });
const SAMPLING = runLength({ short: 500, long: 5_000 });
/** The part of the run in which caches and heaps reach their size. */
const WARM_UP = 1 / 6;

/** Growth that is noise: half a page of memory for each request would be more. */
const NOISE = { memory: 48, heap: 8, descriptors: 16, threads: 4, processes: 2, timers: 8 };
/** What a server may hold at the end beyond its beginning: threads and descriptors that the runtime opens once. */
const KEPT = { descriptors: 16, threads: 16, processes: 0, timers: 2 };
/** How long clients and old workers have for their end. */
const MOST_TO_LEAVE = 20_000;

interface SoakSite {
  readonly name: string;
  readonly app: string;
  readonly export?: string;
  readonly options: () => Record<string, unknown>;
  readonly faults: readonly string[];
  readonly visits: readonly SoakVisit[];
  readonly missing: string | undefined;
}

const deadlines = { handlerTimeout: 10_000, workerTimeout: 3_000 }; // also where others use the machine
const fourWorkers = { minWorkers: 4, exchangesPerWorker: 1, ...deadlines };

const sites: readonly SoakSite[] = [
  {
    name: "a pool",
    app: "soak_app.ts",
    options: () => ({ ...fourWorkers, maxExchangesPerWorker: 5_000 }),
    faults: ["/throw", "/cut", "/exit", "/close", "/hang", "/loop"],
    visits: [misbehave, observe, listen, talk],
    missing: undefined,
  },
  {
    name: "two shards with TLS",
    app: "soak_app.ts",
    options: () => ({ mode: "sharded", minWorkers: 2, ...Pki.shared.files() }),
    faults: ["/throw", "/cut"],
    visits: [misbehave, observe, listen, breakHandshake],
    missing: noPki,
  },
  {
    name: "Python processes",
    app: "../chaos/chaos_app.py",
    export: "app",
    options: () => ({ ...fourWorkers, python: REAL_PYTHON, maxExchangesPerWorker: 5_000 }),
    faults: ["/throw", "/exit", "/hang", "/loop"],
    visits: [misbehave, observe],
    missing: REAL_PYTHON === undefined ? "python3 is missing" : undefined,
  },
];

Deno.test("mixed traffic loses nothing, and what servers hold does not grow", () =>
  withSeed(async (random) => {
    const present = sites.filter(({ missing }) => missing === undefined);
    // All at once, so that half an hour is enough.
    const results = await Promise.allSettled(
      present.map((site) => soak(site, new Random(random.below(2 ** 32)))),
    );
    const reasons = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason] : []
    );
    if (reasons.length > 0) throw new AggregateError(reasons);
  }));

async function soak(site: SoakSite, random: Random): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "robusto-soak-" });
  try {
    await using program = await Program.start([
      ...["run", "-A", "--no-check", new URL("soak_server.ts", import.meta.url).href],
      ...[new URL(site.app, import.meta.url).href, site.export ?? "default"],
      ...[folder, `${MAINTENANCE}`, JSON.stringify(site.options())],
    ]);
    const counts: ChaosCounts = { responses: 0, left: 0, faults: 0, besideFaults: 0, failed: [] };
    const beginning = await look(program);
    const samples: Held[] = [];
    const end = performance.now() + DURATION;
    const sampling = (async () => {
      while (performance.now() < end) {
        samples.push(await look(program));
        await pause(SAMPLING);
      }
    })();
    await Promise.all([sampling, ...traffic(site, await serverOf(program), random, counts, end)]);
    await until(program, /^reloaded 1\.$/m);
    const ending = await lookWhenBack(program, beginning);
    const settled = samples.slice(Math.ceil(samples.length * WARM_UP));
    const grown = Object.fromEntries(
      Object.keys(NOISE).map((
        key,
      ) => [key, growthOf(settled.map((held) => held[key as keyof Held]))]),
    );
    if (isLongRun) {
      const { failed, ...others } = counts;
      console.log(
        site.name,
        JSON.stringify({ ...others, failed: failed.length, beginning, ending, grown }),
      );
      for (const key of ["memory", "server", "heap"] as const) {
        console.log(
          key,
          settled.filter((_, i) => i % 12 === 0).map((held) => Math.round(held[key])).join(" "),
        );
      }
    }
    assert(counts.responses > 0, JSON.stringify(counts));
    assertEquals(counts.failed, []);
    const kept = keptBeyond(beginning, ending);
    assertEquals(kept, [], `${site.name}: ${JSON.stringify({ beginning, ending })}`);
    for (const [key, most] of isLongRun ? Object.entries(NOISE) : []) {
      assert(grown[key] < most, `${site.name}: ${key} grew by ${grown[key]}`);
    }
    assertEquals(await program.stop("SIGTERM"), 0, program.output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Waits for a line of the server. */
function until(program: Program, line: RegExp): Promise<void> {
  const wait = async () => {
    while (!line.test(program.output)) await pause(100);
  };
  return within(wait());
}

/** Looks at a server until clients and old workers are gone, or have had the time for it. */
async function lookWhenBack(program: Program, beginning: Held): Promise<Held> {
  const end = performance.now() + MOST_TO_LEAVE;
  while (true) {
    const held = await look(program);
    if (keptBeyond(beginning, held).length === 0 || performance.now() > end) return held;
    await pause(200);
  }
}

/** What a server holds beyond its beginning, and should not. */
function keptBeyond(beginning: Held, now: Held): string[] {
  return (Object.keys(KEPT) as (keyof typeof KEPT)[])
    .filter((key) => now[key] > beginning[key] + KEPT[key]);
}

/** All clients of a server. */
function traffic(
  site: SoakSite,
  server: SoakServer,
  random: Random,
  counts: ChaosCounts,
  end: number,
): Promise<void>[] {
  const { connect } = server;
  const shared = { connect, random, faults: site.faults, faultChance: 0.005, counts, pause: 30 };
  const chaos = Array.from({ length: 4 }, () => runChaosClient(shared, end));
  const visitors = site.visits.map(async (visit) => {
    while (performance.now() < end) {
      await visit(server, random);
      await pause(random.below(50));
    }
  });
  return [...chaos, ...visitors];
}

async function serverOf(program: Program): Promise<SoakServer> {
  const port = Number(new URL(await program.url).port);
  const admin = Number(/admin on ([0-9]+)/.exec(program.output)![1]);
  const tls = program.output.includes("with TLS");
  const connect = () =>
    tls
      ? Deno.connectTls({ hostname: "localhost", port, caCerts: [Pki.shared.root] })
      : Deno.connect({ port });
  return { port, admin, connect };
}

/** What a server holds, when it has told of its own part. */
async function look(program: Program): Promise<Held> {
  const told = /[^]*^holds (\{.*\})\n/m;
  await until(program, told);
  const { timers, heap } = JSON.parse(told.exec(program.output)![1]);
  return heldBy(program.pid, { timers, heap: heap / 1024 / 1024 });
}
