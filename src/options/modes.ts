// Where handlers run, and what can be set for a pool that only one mounted application uses.

import type { ServerOptions } from "./server_options.ts";

/** What an application is given as: a module that any thread can load, a value of this thread, or
 * several of which some are the one and some the other. */
export type AppKind = "module" | "value" | "mixed";

/** Where handlers run. */
export type Mode = "inline" | "pool" | "sharded";

/** What can be set for a pool that only one application uses; see {@linkcode ServerOptions}. */
export type DedicatedPoolOptions = Pick<
  ServerOptions,
  | "minWorkers"
  | "maxWorkers"
  | "exchangesPerWorker"
  | "queueSize"
  | "queueTimeout"
  | "handlerTimeout"
  | "responseTimeout"
  | "workerIdleTimeout"
  | "maxExchangesPerWorker"
  | "maxWorkerAge"
  | "maxWorkerHeap"
  | "workerKind"
  | "maxAbandonedWorkers"
>;
