// The applications of a worker, loaded from their modules, with the hooks that modules may export for the
// start and the stop of a worker.

import type { Gateway } from "../gateway/gateway.ts";
import { loadTree, type MountedModule } from "./load_tree.ts";
import type { AppTree } from "./application_tree.ts";
import { treeGateway } from "./tree_gateway.ts";

/** The applications of a worker, ready to serve. */
export interface WorkerApplication {
  /** The gateway to all of them. An application's `onError` stands beside its `fetch`: a function among the
   * options cannot be sent to another thread. */
  readonly gateway: Gateway;
  /** Calls `onWorkerStop` of each module that exports it, in their order.
   *
   * @throws the error of the first hook that failed; the others are called all the same */
  stop(): Promise<void>;
}

/** Hooks that an application module may export. */
interface WorkerHooks {
  readonly onWorkerStart?: (info: { readonly workerId: number }) => unknown;
  readonly onWorkerStop?: () => unknown;
}

/** Loads applications, then calls `onWorkerStart` of each module, in their order.
 *
 * @param tree the applications and their prefixes
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
