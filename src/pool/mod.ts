/** The worker pool by itself, and the statistics of one. A server makes its pools itself; they are in
 * `server.stats`.
 *
 * @module */

export { WorkerPool } from "./worker_pool.ts";
export type { WorkerPoolOptions } from "./pool_options.ts";
export type { PoolStats, WorkerStats, WorkStats } from "./pool_stats.ts";
export type { HistogramView } from "./histogram.ts";
export type { WorkerState } from "./pool_worker.ts";
export type { ThreadKind, WorkerKind } from "./worker_thread.ts";
export type { Executor } from "../exchange/executor.ts";
export type {
  AppTree,
  ModuleLeaf,
  Mount,
  MountBranch,
  ValueLeaf,
} from "../application/application_tree.ts";
export type { ApplicationValue } from "../application/application.ts";
