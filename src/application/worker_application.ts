// What a worker runs: its applications, loaded from their modules, with the hooks that the modules may
// export for the life of the worker.

import type { Gateway } from "../gateway/gateway.ts";
import { loadTree, type MountedModule } from "./load_tree.ts";
import type { AppTree } from "./application_tree.ts";
import { treeGateway } from "./tree_gateway.ts";

/** The applications of a worker, ready to answer. */
export interface WorkerApplication {
  /** Speaks to them. Each has its own handler of errors, if it exports one: options hold no functions on
   * their way to another thread. */
  readonly gateway: Gateway;
  /** Calls `onWorkerStop` of each module that exports it, in their order.
   *
   * @throws what the first one threw that failed; the others are called all the same */
  stop(): Promise<void>;
}

/** What an application module may export for the life of its worker. */
interface WorkerHooks {
  readonly onWorkerStart?: (info: { readonly workerId: number }) => unknown;
  readonly onWorkerStop?: () => unknown;
}

/** Loads applications, then calls `onWorkerStart` of each module, in their order.
 *
 * @param tree what is where
 * @param workerId the worker's number
 * @returns the applications
 * @throws {ApplicationLoadError} when one cannot be loaded, or a hook fails */
export async function loadWorkerApplication(
  tree: AppTree,
  workerId: number,
): Promise<WorkerApplication> {
  const { tree: loaded, modules } = await loadTree(tree);
  const gateway = treeGateway(loaded, undefined);
  for (const { exports, failure } of modules) {
    try {
      await (exports as WorkerHooks).onWorkerStart?.({ workerId });
    } catch (error) {
      throw failure("its onWorkerStart failed", error);
    }
  }
  return { gateway, stop: () => callStopHooks(modules) };
}

async function callStopHooks(modules: readonly MountedModule[]): Promise<void> {
  const failures: unknown[] = [];
  for (const { exports } of modules) {
    try {
      await (exports as WorkerHooks).onWorkerStop?.();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
