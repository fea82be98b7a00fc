// Where do handlers run, and do the options about workers fit that and each other? Each value has been
// checked by itself before; defaults come from `options.ts`.

import type { AppKind, DedicatedPoolOptions, Mode } from "./modes.ts";
import type { ServerOptions } from "./server_options.ts";

/** Options that mean something only where there are workers. */
export const WORKER_OPTIONS = [
  "minWorkers",
  "maxWorkers",
  "exchangesPerWorker",
  "queueSize",
  "queueTimeout",
  "handlerTimeout",
  "responseTimeout",
  "workerIdleTimeout",
  "maxExchangesPerWorker",
  "maxWorkerAge",
  "maxWorkerHeap",
  "workerKind",
  "maxAbandonedWorkers",
] as const satisfies readonly (keyof DedicatedPoolOptions)[];

/** Decides where handlers run.
 *
 * @param given the options that were given
 * @param appKind what the application is given as
 * @returns the mode
 * @throws {TypeError} when the application cannot run there, or an option does nothing there */
export function resolveMode(given: ServerOptions, appKind: AppKind): Mode {
  const mode = given.mode ?? (appKind === "value" ? "inline" : "pool");
  if (mode === "inline") {
    refuseWorkerOptions(given, appKind);
    return mode;
  }
  if (appKind === "value" || (appKind === "mixed" && mode === "sharded")) {
    throw new TypeError(
      `Cannot use mode "${mode}": a function or an object cannot go to another thread, expected the ` +
        'URL of its module, such as new URL("./app.ts", import.meta.url)',
    );
  }
  // Of several applications, those that run in this thread can call it.
  if (given.onError !== undefined && appKind === "module") {
    throw new TypeError(
      `Cannot use onError in mode "${mode}": a function cannot go to another thread, expected ` +
        "onError beside fetch in what the application exports",
    );
  }
  if (mode === "sharded") {
    refusePoolOptions(given);
    return mode;
  }
  refuseBoundWebHeap(given);
  return mode;
}

/** Refuses a bound that nobody keeps.
 *
 * @param given options
 * @param where what the message calls the place of the options
 * @throws {TypeError} when workers are to be of a kind whose heap cannot be bounded, and are bounded */
export function refuseBoundWebHeap(given: DedicatedPoolOptions, where = ""): void {
  if (given.workerKind !== "web" || !Number.isFinite(given.maxWorkerHeap ?? Infinity)) return;
  throw new TypeError(
    `Cannot use workerKind "web" together with maxWorkerHeap${where}: the heap of a web Worker has no ` +
      'limit, expected "killable" or "auto"',
  );
}

/** Decides how many workers there are. Of two numbers the one that is not given follows the other.
 *
 * @param given the options that were given
 * @param usual how many there are when nothing is said
 * @param where what the message calls the place of the options
 * @returns the least and the most
 * @throws {RangeError} when the least is above the most */
export function resolveWorkerCounts(
  given: DedicatedPoolOptions,
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

/** Checks what concerns applications in Python. Each blocks its thread, so it needs one that is not
 * there for anybody else, and the accepting thread to fill in what it waits for.
 *
 * @param resolved what is in force
 * @param given whether there is such an application
 * @throws {TypeError} when it cannot run there, or an option about it does nothing */
export function checkPython(
  { mode, pythonPath }: { readonly mode: Mode; readonly pythonPath: readonly string[] },
  given: boolean,
): void {
  if (!given && pythonPath.length > 0) {
    throw new TypeError(
      "Cannot use pythonPath: no application is written in Python, expected one such as ./app.py",
    );
  }
  if (given && mode !== "pool") {
    throw new TypeError(
      `Cannot use mode "${mode}": an application in Python would block the thread that accepts, ` +
        'expected mode "pool"',
    );
  }
}

/** No option does nothing: whoever sets a deadline for handlers relies on it. */
function refuseWorkerOptions(given: ServerOptions, appKind: AppKind): void {
  const name = WORKER_OPTIONS.find((name) => given[name] !== undefined);
  if (name === undefined) return;
  const remedy = appKind !== "value"
    ? 'expected mode "pool"'
    : 'expected the URL of a module as the application, which runs in mode "pool"';
  throw new TypeError(
    `Cannot use ${name} in mode "inline": handlers run in the accepting thread there, ${remedy}`,
  );
}

/** A shard answers what it accepts in its own thread: there is no queue, and nobody to end it. */
function refusePoolOptions(given: ServerOptions): void {
  const counts: readonly string[] = ["minWorkers", "maxWorkers"];
  const name = WORKER_OPTIONS.find((name) => given[name] !== undefined && !counts.includes(name));
  if (name !== undefined) {
    throw new TypeError(
      `Cannot use ${name} in mode "sharded": every worker answers what it accepts itself, expected ` +
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
