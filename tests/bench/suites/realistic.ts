// The suite `realistic`: what people send, in every mode, beside the servers that do the same.

import { BOTH_CORES, type ServerSpec } from "../load/server_process.ts";
import { maximumOf, medianOf, ratioOf, ratioRangeOf } from "../page/columns.ts";
import {
  CHEROOT,
  DENO_SERVE_PARALLEL,
  hasCheroot,
  installedPeers,
  ROBUSTO_EMBEDDED_PYTHON,
  ROBUSTO_PYTHON,
  ROBUSTO_WSGI,
} from "../servers/peers.ts";
import { DENO_SERVE, fromCheckout, NODE_HTTP, pooled, ROBUSTO } from "../servers/specs.ts";
import type { BenchOptions, Suite } from "../suite.ts";
import { NEW_CONNECTION, type Work, WORKS } from "../works/works.ts";
import { compareRequests } from "./compare_requests.ts";

const POOLED = pooled("robusto, 2 workers", { minWorkers: 2, maxWorkers: 2 });
const SHARDED = pooled("robusto, 2 shards", { mode: "sharded", minWorkers: 2 });

/** Servers that are compared with each other. */
interface Mode {
  readonly name: string;
  readonly base: ServerSpec;
  readonly others: readonly ServerSpec[];
}

/** The modes whose geometric mean over the works has a goal. */
export const MODES: readonly Mode[] = [
  { name: "inline", base: DENO_SERVE, others: [ROBUSTO] },
  { name: "pool", base: DENO_SERVE, others: [POOLED] },
  { name: "sharded", base: DENO_SERVE_PARALLEL, others: [SHARDED] },
];
const PYTHON: Mode = {
  name: "python",
  base: CHEROOT,
  others: [ROBUSTO_PYTHON, ROBUSTO_EMBEDDED_PYTHON, ROBUSTO_WSGI],
};
const PEERS = "peers";

const MODE_NAMES = [...MODES.map(({ name }) => name), PYTHON.name, PEERS];
/** Every work, the one with new connections last. */
export const ALL_WORKS: readonly Work[] = [...WORKS, NEW_CONNECTION];

/** The suite. */
export const realistic: Suite = {
  name: "realistic",
  needs: ["taskset", "wrk"],
  columns: [
    medianOf("requests/s", "requestsPerSecond"),
    medianOf("CPU µs", "cpuPerRequest", 1),
    medianOf("p50, ms", "p50", 2),
    medianOf("p99, ms", "p99", 2),
    maximumOf("peak MiB", "peakMemory"),
    ratioOf("requestsPerSecond"),
    ratioRangeOf("requestsPerSecond"),
    ratioOf("cpuPerRequest", "CPU ratio"),
  ],
  async *run(options) {
    const works = chosen("work", ALL_WORKS, ({ name }) => name, options.works);
    const names = chosen("mode", MODE_NAMES, (name) => name, options.modes);
    for (const mode of MODES) {
      if (names.includes(mode.name)) yield* compareMode(mode, works, options);
    }
    if (names.includes(PYTHON.name)) {
      if (hasCheroot()) yield* compareMode(PYTHON, works, options);
      else console.error(`Skipped ${PYTHON.name}: apt-get install python3-cheroot`);
    }
    if (names.includes(PEERS)) yield* comparePeers(works, options);
  },
};

async function* comparePeers(works: readonly Work[], options: BenchOptions) {
  await using peers = await installedPeers();
  for (const missing of peers.missing) console.error(`Skipped ${missing}`);
  const others = [NODE_HTTP, ...peers.specs];
  // They are there for orientation: one round, so that the others have more time.
  yield* compareMode({ name: PEERS, base: DENO_SERVE, others }, works, { ...options, rounds: 1 });
}

async function* compareMode(
  { name, base, others }: Mode,
  works: readonly Work[],
  { rounds, seconds, warmUp, against }: BenchOptions,
) {
  const earlier = against === undefined
    ? []
    : others.filter(({ name }) => name.startsWith("robusto"))
      .map((spec) => fromCheckout(spec, against));
  for (const work of works) {
    yield await compareRequests({
      group: name,
      label: work.name,
      specs: [base, ...others, ...earlier],
      cores: BOTH_CORES,
      load: { request: work, seconds, cores: BOTH_CORES },
      base: base.name,
      rounds,
      warmUp,
    });
  }
}

function chosen<Each>(
  kind: string,
  all: readonly Each[],
  nameOf: (each: Each) => string,
  wanted: readonly string[] | undefined,
): readonly Each[] {
  const unknown = wanted?.find((name) => !all.some((each) => nameOf(each) === name));
  if (unknown !== undefined) {
    const names = all.map(nameOf).join(", ");
    throw new RangeError(`Cannot bench the ${kind} ${unknown}: expected one of ${names}`);
  }
  return wanted === undefined ? all : all.filter((each) => wanted.includes(nameOf(each)));
}
