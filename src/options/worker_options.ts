// Decides where handlers run, and checks that the options about workers fit the mode and each
// other. It is given values that have passed their own checks.

import type { AppKind, Mode } from "./modes.ts";
import { optionsOf } from "./option_rules.ts";
import type { PoolOptions, ServerOptions } from "./server_options.ts";

/** Options about a pool of workers. */
export const POOL_OPTIONS = optionsOf("pool");

/** Decides where handlers run.
 *
 * @param given the options that were given
 * @param appKind the form in which the application is given
 * @returns the mode
 * @throws {TypeError} when the application cannot run there, or an option would have no effect there */
export function resolveMode(given: ServerOptions, appKind: AppKind): Mode {
  const mode = given.mode ?? (appKind === "value" ? "inline" : "pool");
  if (mode === "inline") {
    refusePoolOptionsInline(given, appKind);
    return mode;
  }
  if (appKind === "value" || (appKind === "mixed" && mode === "sharded")) {
    throw new TypeError(
      `Cannot use mode "${mode}": a function or an object cannot go to another thread, expected the ` +
        'URL of its module, such as new URL("./app.ts", import.meta.url)',
    );
  }
  // Of several applications, the ones that run in this thread can call it.
  if (given.onError !== undefined && appKind === "module") {
    throw new TypeError(
      `Cannot use onError in mode "${mode}": a function cannot go to another thread, expected ` +
        "onError beside fetch in what the application exports",
    );
  }
  if (mode === "sharded") {
    refusePoolOptionsSharded(given);
    return mode;
  }
  refuseWebHeapLimit(given);
  return mode;
}

/** Refuses a heap limit for web Workers, as the platform cannot limit their heap.
 *
 * @param given the options that were given
 * @param where words after the option's name in the message
 * @throws {TypeError} when `workerKind` is `"web"` and `maxWorkerHeap` is finite */
export function refuseWebHeapLimit(given: PoolOptions, where = ""): void {
  if (given.workerKind !== "web" || !Number.isFinite(given.maxWorkerHeap ?? Infinity)) return;
  throw new TypeError(
    `Cannot use workerKind "web" together with maxWorkerHeap${where}: the heap of a web Worker has no ` +
      'limit, expected "killable" or "auto"',
  );
}

/** Decides how many workers there are. If only one of the two numbers is given, the other follows it.
 *
 * @param given the options that were given
 * @param usual the default of `minWorkers`
 * @param where words after the option's name in the message
 * @returns the least and the largest number
 * @throws {RangeError} when the least is above the largest */
export function resolveWorkerCounts(
  given: PoolOptions,
  usual: number,
  where = "",
): { readonly minWorkers: number; readonly maxWorkers: number } {
  const minWorkers = given.minWorkers ?? Math.min(usual, given.maxWorkers ?? usual);
  const maxWorkers = given.maxWorkers ?? minWorkers;
  if (maxWorkers >= minWorkers) return { minWorkers, maxWorkers };
  throw new RangeError(
    `Cannot use maxWorkers${where}: expected at least minWorkers, which is ${minWorkers}, got ${maxWorkers}`,
  );
}

/** Checks the options about applications in Python. Such an application blocks its thread, so it
 * must run in a worker, while the accepting thread supplies the data that it waits for.
 *
 * @param resolved the options in force
 * @param hasPython whether an application is written in Python
 * @throws {TypeError} when it cannot run in the mode, or an option about it would have no effect */
export function checkPython(
  { mode, python, pythonPath, chdir, workerKind }: {
    readonly mode: Mode;
    readonly python: string;
    readonly pythonPath: readonly string[];
    readonly chdir: string | undefined;
    readonly workerKind: string;
  },
  hasPython: boolean,
): void {
  const isReal = python !== "auto" && python !== "embedded";
  if (!hasPython && isReal) {
    throw new TypeError(
      "Cannot use python: no application is written in Python, expected one such as ./app.py",
    );
  }
  if (isReal && workerKind !== "auto") {
    throw new TypeError(
      `Cannot use workerKind "${workerKind}" together with python ${JSON.stringify(python)}: ` +
        'its workers are processes, expected "auto"',
    );
  }
  if (!hasPython && pythonPath.length > 0) {
    throw new TypeError(
      "Cannot use pythonPath: no application is written in Python, expected one such as ./app.py",
    );
  }
  if (!hasPython && chdir !== undefined) {
    throw new TypeError(
      "Cannot use chdir: no application is written in Python, expected one such as ./app.py",
    );
  }
  if (chdir !== undefined && (python === "embedded" || workerKind !== "auto")) {
    throw new TypeError("Cannot use chdir: expected processes of Python, got the embedded one");
  }
  if (hasPython && mode !== "pool") {
    throw new TypeError(
      `Cannot use mode "${mode}": an application in Python would block the thread that accepts, ` +
        'expected mode "pool"',
    );
  }
}

/** Refuses options that would have no effect, as a user who sets a deadline for handlers relies on
 * it. */
function refusePoolOptionsInline(given: ServerOptions, appKind: AppKind): void {
  const name = POOL_OPTIONS.find((name) => given[name] !== undefined);
  if (name === undefined) return;
  const remedy = appKind !== "value"
    ? 'expected mode "pool"'
    : 'expected the URL of a module as the application, which runs in mode "pool"';
  throw new TypeError(
    `Cannot use ${name} in mode "inline": handlers run in the accepting thread there, ${remedy}`,
  );
}

/** Options of a pool that shards keep too. */
const SHARDED: readonly string[] = [
  "minWorkers",
  "maxWorkers",
  "startTimeout",
  "workerTimeout",
  "workerKind",
  "maxAbandonedWorkers",
];

/** Refuses options that shards cannot keep: a shard serves what it accepts in its own thread, so there is
 * no queue, and no deadline for a single handler. */
function refusePoolOptionsSharded(given: ServerOptions): void {
  const name = POOL_OPTIONS.find((name) => given[name] !== undefined && !SHARDED.includes(name));
  if (name !== undefined) {
    throw new TypeError(
      `Cannot use ${name} in mode "sharded": every worker serves what it accepts itself, expected ` +
        'mode "pool"',
    );
  }
  const { minWorkers, maxWorkers } = given;
  if (minWorkers === undefined || maxWorkers === undefined || minWorkers === maxWorkers) return;
  throw new RangeError(
    `Cannot use maxWorkers in mode "sharded": expected minWorkers, which is ${minWorkers}, as the ` +
      `number of workers does not change, got ${maxWorkers}`,
  );
}
