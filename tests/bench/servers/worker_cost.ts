// The cost of one more worker: `worker_cost.ts web|killable` adds idle workers to a pool one by one, and
// prints as JSON how long each took to be ready and how much memory it takes.

import { DEFAULTS, ModuleApp, WorkerPool } from "../../../mod.ts";
import type { WorkerKind } from "../../../src/pool/mod.ts";
import { median } from "../rounds.ts";

const ADDED = 8;
/** Time for the garbage collection of what the start has left. */
const SETTLE = 1_000;

const pool = new WorkerPool({
  ...DEFAULTS,
  app: new ModuleApp(new URL("handler.ts", import.meta.url), "handler"),
  workerKind: Deno.args[0] as WorkerKind,
  minWorkers: 1,
  maxWorkers: 1 + ADDED,
  exchangesPerBlockingWorker: 1,
  onLog: (event) => console.error(event),
});
await pool.start();
const before = await settledMemory();
const times: number[] = [];
for (let i = 0; i < ADDED; i++) {
  const begin = performance.now();
  await pool.grow(1);
  times.push(performance.now() - begin);
}
const after = await settledMemory();
const added = (key: keyof typeof before) => (after[key] - before[key]) / ADDED;
console.log(JSON.stringify({ start: median(times), rss: added("Rss"), pss: added("Pss") }));
Deno.exit();

/** Memory of this process in MiB: all that is resident, and without other processes' share of it. */
async function settledMemory(): Promise<{ readonly Rss: number; readonly Pss: number }> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE));
  const text = Deno.readTextFileSync("/proc/self/smaps_rollup");
  const mebibytes = (key: string) =>
    Number(new RegExp(`^${key}:\\s+([0-9]+) kB$`, "m").exec(text)?.[1]) / 1024;
  return { Rss: mebibytes("Rss"), Pss: mebibytes("Pss") };
}
