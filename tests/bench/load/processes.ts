// Numbers of a process and all processes that it has started, from /proc.

/** `getconf CLK_TCK`: 100 on every Linux that Deno runs on. */
const MICROSECONDS_PER_TICK = 10_000;

/** A process with its descendants, as ids.
 *
 * @param root id of the process */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const parent = /^[0-9]+$/.test(name) ? statOf(Number(name))?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...children.get(parent) ?? [], Number(name)]);
  }
  const tree = [root];
  for (const id of tree) tree.push(...children.get(id) ?? []); // the loop sees what it adds
  return tree;
}

/** CPU time of some processes, and of their children that have ended, in microseconds. */
export function cpuTimeOf(ids: readonly number[]): number {
  return sum(ids.map((id) => statOf(id)?.ticks ?? 0)) * MICROSECONDS_PER_TICK;
}

/** Memory of some processes in MiB: resident now, or most since {@linkcode clearPeaks}. */
export function memoryOf(ids: readonly number[], key: "VmRSS" | "VmHWM"): number {
  const kibibytes = new RegExp(`^${key}:\\s+([0-9]+) kB$`, "m");
  return sum(ids.map((id) => Number(kibibytes.exec(read(id, "status"))?.[1] ?? 0))) / 1024;
}

/** Begins the peaks of memory anew. */
export function clearPeaks(ids: readonly number[]): void {
  for (const id of ids) Deno.writeTextFileSync(`/proc/${id}/clear_refs`, "5");
}

function statOf(id: number): { readonly parent: number; readonly ticks: number } | undefined {
  const stat = read(id, "stat");
  if (stat === "") return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name may hold spaces
  return { parent: Number(fields[1]), ticks: sum(fields.slice(11, 15).map(Number)) };
}

/** A file of a process; nothing when the process has ended. */
function read(id: number, file: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${id}/${file}`);
  } catch {
    return "";
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}
