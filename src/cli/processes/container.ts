// Finds out whether a container ends with this process, and does what process 1 of a container has to do:
// it reaps orphans, which the system makes children of process 1.

import { hasAllPermissions } from "../../io/permissions.ts";

const LIBRARY = "libc.so.6";
const SYMBOLS = { waitpid: { parameters: ["i32", "pointer", "i32"], result: "i32" } } as const;
/** Does not wait for a child that still runs. */
const WNOHANG = 1;
/** Programs that run one child as process 1 and end with it. */
const INITS_OF_CONTAINERS = ["tini", "docker-init", "podman-init", "catatonit", "dumb-init"];

/** Time between two looks at the children, in milliseconds. A process that has ended takes a number and no
 * memory, so there is no hurry. */
const PERIOD = 15_000;
/** Number of looks in a row that find a child ended before it counts as an orphan. Deno reaps its own
 * children when their thread comes back to its event loop, and would not find the status of one that was
 * reaped here: a worker that does not come back is ended after 30 s (workerTimeout). */
const LOOKS = 4;

/** Says why a container would end together with this process.
 *
 * @returns undefined if it would not, or if that cannot be seen */
export function findContainerEnd(): string | undefined {
  if (Deno.pid === 1) return "this is process 1 of a container, which ends with it";
  if (Deno.ppid === 0) return "this is the main process of a container, which ends with it";
  const init = Deno.ppid === 1 && hasAllPermissions() ? nameOf(1) : undefined;
  if (init === undefined || !INITS_OF_CONTAINERS.includes(init)) return undefined;
  return `this is the child of ${init}, which ends the container with it`;
}

/** Children that have ended, and the call that reaps one. */
export interface Children {
  /** Numbers of the children that have ended and were not reaped. */
  findEnded(): readonly number[];
  /** Takes the status of one, so that its number is free again. */
  reap(pid: number): void;
}

/** Reaps orphans while this is process 1: programs that a program of the application has left behind, such
 * as those of a Python process that was killed. Elsewhere another process does it.
 *
 * @param children the children of this process; undefined if they cannot be seen
 * @param period time between two looks, in milliseconds */
export function reapOrphans(
  children: Children | undefined = findChildren(),
  period: number = PERIOD,
): Disposable {
  const seen = new Map<number, number>();
  const look = ({ findEnded, reap }: Children) => {
    const ended = new Set(findEnded());
    for (const pid of seen.keys()) if (!ended.has(pid)) seen.delete(pid);
    for (const pid of ended) {
      const looks = (seen.get(pid) ?? 0) + 1;
      if (looks < LOOKS) {
        seen.set(pid, looks);
      } else {
        seen.delete(pid);
        reap(pid);
      }
    }
  };
  const timer = children && setInterval(() => look(children), period);
  if (timer !== undefined) Deno.unrefTimer(timer);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The children of this process if it is process 1. */
function findChildren(): Children | undefined {
  if (Deno.pid !== 1 || Deno.build.os !== "linux" || !hasAllPermissions()) return undefined;
  let library: Deno.DynamicLibrary<typeof SYMBOLS>;
  try {
    library = Deno.dlopen(LIBRARY, SYMBOLS);
  } catch {
    return undefined; // another C library
  }
  return {
    findEnded: () => [...processes()].filter(hasEndedHere),
    reap: (pid) => void library.symbols.waitpid(pid, null, WNOHANG),
  };
}

function* processes(): Generator<number> {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^[0-9]+$/.test(name)) yield Number(name);
  }
}

function hasEndedHere(pid: number): boolean {
  const [state, parent] = statusOf(pid) ?? [];
  return state === "Z" && parent === "1";
}

/** State, parent and more of a process; undefined if it is gone or cannot be read. */
function statusOf(pid: number): string[] | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" "); // a name may contain ")"
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return undefined;
  }
}
