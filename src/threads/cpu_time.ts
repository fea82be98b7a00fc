// Reads the CPU time of this thread. Every kind of thread can do that from inside.

import process from "node:process";

/** Node has it since its version 23.9, Deno too; the types of neither say so yet. */
const { threadCpuUsage } = process as {
  threadCpuUsage?(): { readonly user: number; readonly system: number };
};

/** CPU time of this thread in microseconds; undefined where the platform does not
 * tell. */
export function ownCpuTime(): number | undefined {
  const usage = threadCpuUsage?.();
  return usage && usage.user + usage.system;
}
