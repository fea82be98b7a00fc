// Resolves the options of a pool that serves one mounted application only. Options that are not given
// have the server's values.

import { suggestName } from "./suggest_name.ts";
import { checkOption } from "./check_option.ts";
import type { ResolvedOptions } from "./resolve_options.ts";
import { DEFAULTS } from "./defaults.ts";
import type { Mode } from "./modes.ts";
import type { PoolOptions } from "./server_options.ts";
import { POOL_OPTIONS, refuseWebHeapLimit, resolveWorkerCounts } from "./worker_options.ts";

/** The options in force for a pool. */
export type ResolvedPoolOptions = Pick<
  ResolvedOptions,
  | keyof PoolOptions
  | "exchangesPerBlockingWorker"
  | "queueGrows"
  | "serverName"
  | "software"
  | "protocol"
  | "captureOutput"
>;

/** Checks the options of a pool and fills in the server's values.
 *
 * @param own the options that were given for the pool. If only one of `minWorkers` and `maxWorkers` is
 * given, the other follows it and does not come from the server
 * @param server the options in force for the server
 * @param path path of the mounted application, for messages
 * @returns the options in force for the pool
 * @throws {TypeError} when an option is unknown, has the wrong type or would have no effect there
 * @throws {RangeError} when a value is out of range */
export function resolveDedicatedPool(
  own: PoolOptions,
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
    if (!isPoolOption(name)) throw unknownOption(name, where);
    if (value === undefined) continue;
    checkOption(name, value, name + where);
    given[name] = value;
  }
  const { minWorkers, maxWorkers } = given as PoolOptions;
  const counts = minWorkers === undefined && maxWorkers === undefined
    ? {}
    : resolveWorkerCounts({ minWorkers, maxWorkers }, DEFAULTS.minWorkers, where);
  const inherited = Object.fromEntries(
    POOL_OPTIONS.map((name) => [name, server[name]]),
  ) as Required<PoolOptions>;
  const { serverName, software, protocol, captureOutput, exchangesPerBlockingWorker } = server;
  const resolved = {
    ...inherited,
    ...given,
    ...counts,
    exchangesPerBlockingWorker: (given as PoolOptions).exchangesPerWorker ??
      exchangesPerBlockingWorker,
    queueGrows: (given as PoolOptions).queueSize === undefined && server.queueGrows,
    serverName,
    software,
    protocol,
    captureOutput,
  };
  refuseWebHeapLimit(resolved, where);
  return resolved;
}

function isPoolOption(name: string): name is keyof PoolOptions {
  return (POOL_OPTIONS as readonly string[]).includes(name);
}

function unknownOption(name: string, where: string): TypeError {
  const nearest = suggestName(name, POOL_OPTIONS);
  return new TypeError(
    `Cannot use option ${JSON.stringify(name)}${where}: no option about workers has this name` +
      (nearest === undefined ? "" : `, did you mean ${nearest}`),
  );
}
