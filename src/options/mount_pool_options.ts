// What holds for a pool that only one of several applications uses? What was set for it, by the rules
// of the server's own options, and for the rest what holds for the server.

import { suggestName } from "./suggest_name.ts";
import { checkOption } from "./check_option.ts";
import type { ResolvedOptions } from "./resolve_options.ts";
import { DEFAULTS } from "./defaults.ts";
import { refuseBoundWebHeap, resolveWorkerCounts, WORKER_OPTIONS } from "./worker_options.ts";
import type { DedicatedPoolOptions, Mode } from "./modes.ts";

/** What is in force for a pool. */
export type ResolvedPoolOptions = Pick<
  ResolvedOptions,
  keyof DedicatedPoolOptions | "exchangesPerBlockingWorker" | "serverName" | "protocol"
>;

/** Checks the options of a pool and fills in the server's.
 *
 * @param own what was set for the pool. `minWorkers` and `maxWorkers` belong together: where one is set
 * the other follows it, and does not come from the server
 * @param server what is in force for the server
 * @param path where the pool's application is mounted, as messages call it
 * @returns what is in force for the pool
 * @throws {TypeError} when an option is none, has the wrong type or does nothing there
 * @throws {RangeError} when a value is out of range */
export function resolveDedicatedPool(
  own: DedicatedPoolOptions,
  server: ResolvedPoolOptions & { readonly mode: Mode },
  path: string,
): ResolvedPoolOptions {
  const where = ` in the pool of ${path}`;
  if (server.mode !== "pool") {
    throw new TypeError(
      `Cannot use pool of ${path} in mode "${server.mode}": there are no pools, expected mode ` +
        '"pool"',
    );
  }
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(own)) {
    if (!isWorkerOption(name)) throw unknownOption(name, where);
    if (value === undefined) continue;
    checkOption(name, value, name + where);
    given[name] = value;
  }
  const { minWorkers, maxWorkers } = given as DedicatedPoolOptions;
  const counts = minWorkers === undefined && maxWorkers === undefined
    ? {}
    : resolveWorkerCounts({ minWorkers, maxWorkers }, DEFAULTS.minWorkers, where);
  const inherited = Object.fromEntries(
    WORKER_OPTIONS.map((name) => [name, server[name]]),
  ) as Required<DedicatedPoolOptions>;
  const { serverName, protocol, exchangesPerBlockingWorker } = server;
  const resolved = {
    ...inherited,
    ...given,
    ...counts,
    exchangesPerBlockingWorker: (given as DedicatedPoolOptions).exchangesPerWorker ??
      exchangesPerBlockingWorker,
    serverName,
    protocol,
  };
  refuseBoundWebHeap(resolved, where);
  return resolved;
}

function isWorkerOption(name: string): name is keyof DedicatedPoolOptions {
  return (WORKER_OPTIONS as readonly string[]).includes(name);
}

function unknownOption(name: string, where: string): TypeError {
  const nearest = suggestName(name, WORKER_OPTIONS);
  return new TypeError(
    `Cannot use option ${JSON.stringify(name)}${where}: no option about workers has this name` +
      (nearest === undefined ? "" : `, did you mean ${nearest}`),
  );
}
