// Measures the start time and the memory of an idle worker. servers/worker_cost.ts does it in a process
// that does nothing else.

import type { Sample } from "../rounds.ts";
import { BOTH_CORES } from "./server_process.ts";

const PROGRAM = new URL("../servers/worker_cost.ts", import.meta.url).pathname;
const TIMEOUT = 60_000;

/** Milliseconds until a worker is ready, and its memory in MiB: resident, and proportional. */
export type CostSample = Sample<"start" | "rss" | "pss">;

/** Measures workers of a kind.
 *
 * @param kind kind of thread
 * @returns the cost of one more */
export async function costOf(kind: "web" | "killable"): Promise<CostSample> {
  const { success, stdout, stderr } = await new Deno.Command("taskset", {
    args: ["-c", BOTH_CORES, Deno.execPath(), "run", "-A", PROGRAM, kind],
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(TIMEOUT),
  }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  throw new Error(`Cannot measure ${kind} workers: ${new TextDecoder().decode(stderr)}`);
}
