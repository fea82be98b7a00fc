// What a server's processes hold, and whether it grows.

import { memoryOf, processTree } from "../../bench/load/processes.ts";

/** What the processes of a server hold at a moment. */
export interface Held {
  /** Resident memory of all processes in MiB. */
  readonly memory: number;
  /** That of the server's own process. */
  readonly server: number;
  /** Memory that the objects of the main thread take, in MiB. */
  readonly heap: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly processes: number;
  /** Timers of the main thread. */
  readonly timers: number;
}

/** Looks at the processes of a server.
 *
 * @param pid id of the first one
 * @param own what that one tells about itself */
export function heldBy(pid: number, own: Pick<Held, "heap" | "timers">): Held {
  const tree = processTree(pid);
  return {
    memory: memoryOf(tree, "VmRSS"),
    server: memoryOf([pid], "VmRSS"),
    descriptors: countIn(tree, "fd"),
    threads: countIn(tree, "task"),
    processes: tree.length,
    ...own,
  };
}

/** Growth of a number by the line that fits best.
 *
 * @param values taken at equal distances
 * @returns the line's end above its beginning */
export function growthOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  let above = 0;
  let below = 0;
  for (const [index, value] of values.entries()) {
    above += (index - middle) * (value - mean);
    below += (index - middle) ** 2;
  }
  return below === 0 ? 0 : above / below * (values.length - 1);
}

function countIn(pids: readonly number[], folder: string): number {
  let count = 0;
  for (const pid of pids) {
    try {
      count += [...Deno.readDirSync(`/proc/${pid}/${folder}`)].length;
    } catch {
      // It has ended meanwhile.
    }
  }
  return count;
}
