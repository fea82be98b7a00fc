// What an idle worker costs, as a process tells that starts some and does nothing else.

import type { Sample } from "./rounds.ts";
import { BOTH_CORES } from "./server_process.ts";

const PROGRAM = new URL("servers/worker_cost.ts", import.meta.url).pathname;
const TIMEOUT = 60_000;

/** Milliseconds until a worker is ready, and MiB that it takes: resident, and its share of that. */
export type CostSample = Sample<"start" | "rss" | "pss">;

/** Measures workers of a kind.
 *
 * @param kind of thread
 * @returns what one more costs */
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
