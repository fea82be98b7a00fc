// Decides where each application runs. A module runs in the server's pool, unless the mode says otherwise or
// it has a dedicated pool. A value can only run in the thread where it was made.

import process from "node:process";
import { fileURLToPath } from "node:url";
import { isPermitted, isStandalone, requirePermission } from "../io/permissions.ts";
import type { LogEvent } from "../log/log_event.ts";
import { PrefixTable } from "../gateway/path/prefix_table.ts";
import { loadTree } from "../application/load_tree.ts";
import {
  type AppTree,
  filterTree,
  hasPython,
  type ModuleLeaf,
  shownPath,
  treeKind,
  treeLeaves,
  type ValueLeaf,
  withPythonPath,
} from "../application/application_tree.ts";
import { type DedicatedPoolEntry, MountedExecutor, type Route } from "./mounted_executor.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import { isPython } from "../application/python_module.ts";
import { resolveDedicatedPool, type ResolvedPoolOptions } from "../options/mount_pool_options.ts";
import type { Executor } from "../exchange/executor.ts";
import { InlineExecutor } from "../gateway/inline_executor.ts";
import { WorkerPool } from "../pool/worker_pool.ts";
import type { WorkerKind } from "../pool/worker_thread.ts";
import { ShardGroup } from "../shard/shard_group.ts";
import { SHARD_MAIN } from "./shard_main.ts";
import { shardOptions } from "../options/shard_options.ts";
import { treeGateway } from "../application/tree_gateway.ts";
import { checkPython } from "../options/worker_options.ts";

type Log = (event: LogEvent) => void;
type Leaf = ModuleLeaf | ValueLeaf;

/** Makes the executor of an application; starts nothing.
 *
 * @param app what is served
 * @param options how it is served
 * @param log takes the events of pools
 * @throws {TypeError} when a dedicated pool is set up wrongly, or is not possible
 * @throws {RangeError} when an option of such a pool is out of range */
export function createExecutor(app: AppTree, options: ResolvedOptions, log: Log): Executor {
  checkPython(options, hasPython(app));
  const { pythonPath } = options;
  const tree = pythonPath.length === 0 ? app : withPythonPath(app, pythonPath);
  const kind = treeKind(tree);
  if (kind === "value") return new InlineExecutor(treeGateway(tree, options.onError));
  if (options.mode !== "inline") requireOwnModules(options.mode);
  requireForPython(tree);
  const own = createDedicatedPools(tree, options, log);
  if (options.mode === "inline") {
    return new InlineExecutor(async () =>
      treeGateway((await loadTree(tree)).tree, options.onError)
    );
  }
  if (options.mode === "sharded") {
    const { minWorkers, startTimeout } = options;
    const group = new ShardGroup(
      SHARD_MAIN,
      tree,
      minWorkers,
      shardOptions(options),
      startTimeout,
      log,
    );
    group.captureOutput = options.captureOutput;
    return group;
  }
  if (kind === "module" && own.size === 0) return createPool(tree, options, log);
  return createMounted(tree, own, options, log);
}

function createMounted(
  tree: AppTree,
  own: ReadonlyMap<Leaf, DedicatedPoolEntry>,
  options: ResolvedOptions,
  log: Log,
): MountedExecutor {
  const modules = filterTree(tree, (leaf) => leaf.kind === "module" && !own.has(leaf));
  const values = filterTree(tree, (leaf) => leaf.kind === "value");
  const shared = modules && createPool(modules, options, log);
  const inline = values && new InlineExecutor(treeGateway(values, options.onError));
  const routes = routesOf(
    tree,
    (leaf) => own.get(leaf)?.pool ?? (leaf.kind === "value" ? inline! : shared!),
  );
  return new MountedExecutor({ routes, dedicated: [...own.values()], shared }, log);
}

function routesOf(tree: AppTree, executorOf: (leaf: Leaf) => Executor): Route {
  if (tree.kind !== "dispatcher") return executorOf(tree);
  return new PrefixTable<Route>(
    tree.mounts.map(({ prefix, app }) => [prefix, routesOf(app, executorOf)]),
  );
}

/** The pools of single applications. */
function createDedicatedPools(
  tree: AppTree,
  options: ResolvedOptions,
  log: Log,
): ReadonlyMap<Leaf, DedicatedPoolEntry> {
  const pools = new Map<Leaf, DedicatedPoolEntry>();
  const paths = new Set<string>();
  for (const { path: given, leaf } of treeLeaves(tree)) {
    // A dispatcher that is mounted twice gives the same leaf twice, with one pool.
    if (leaf.kind !== "module" || leaf.pool === undefined || pools.has(leaf)) continue;
    const path = shownPath(given);
    const resolved = resolveDedicatedPool(leaf.pool, options, path);
    if (paths.has(path)) {
      throw new TypeError(`Cannot make pool of ${path}: expected one, got two`);
    }
    paths.add(path);
    const part = filterTree(tree, (each) => each === leaf)!;
    const pool = createPool(
      part,
      resolved,
      (event) => log({ ...event, message: `Pool of ${path}: ${event.message}` }),
    );
    pools.set(leaf, { pool, place: { path, url: leaf.url } });
  }
  return pools;
}

function createPool(app: AppTree, options: ResolvedPoolOptions, onLog: Log): WorkerPool {
  warnOfUnlockedFiles(app, options.maxWorkers, onLog);
  return new WorkerPool({ ...options, app, workerKind: workerKindFor(options), onLog });
}

/** Every worker loads this program's own modules. On a disk Deno requires the permission to read them; an
 * executable holds them. The error is clearer here than from each worker. */
function requireOwnModules(mode: string): void {
  const { protocol, pathname } = new URL("../../", import.meta.url);
  if (protocol !== "file:" || isStandalone()) return;
  const path = decodeURIComponent(pathname);
  requirePermission(
    { name: "read", path: path + "src/" },
    `--allow-read=${path}`,
    `mode "${mode}"`,
  );
}

/** An interpreter mounts the host's folders and takes its environment, or does not start. */
function requireForPython(tree: AppTree): void {
  if (!treeLeaves(tree).some(({ leaf }) => leaf.kind === "module" && isPython(leaf.url))) return;
  requirePermission({ name: "read" }, "--allow-read", "an application in Python");
  requirePermission({ name: "env" }, "--allow-env", "an application in Python");
}

/** Warns if workers with Python may write to the same files: locks of files have no effect between
 * interpreters, and SQLite needs them. A permission to write elsewhere than in the usual folders cannot be
 * found. */
function warnOfUnlockedFiles(tree: AppTree, maxWorkers: number, log: Log): void {
  if (maxWorkers === 1) return;
  const leaf = treeLeaves(tree).map(({ leaf }) => leaf).find(isPythonFile);
  if (leaf === undefined) return;
  const folder = fileURLToPath(new URL("./", leaf.url));
  const writable = [undefined, folder, process.cwd()].some((path) =>
    isPermitted({ name: "write", path })
  );
  if (!writable) return;
  log({
    level: "warn",
    event: "no-file-locks",
    message:
      "Python applications cannot lock files against other workers: expected 1 worker if they " +
      `write to files that they share, such as those of SQLite, got ${maxWorkers}`,
  });
}

function isPythonFile(leaf: Leaf): leaf is ModuleLeaf {
  return leaf.kind === "module" && leaf.url.startsWith("file:") && isPython(leaf.url);
}

/** Deadlines and a bound on memory can only be kept where a thread can be ended. */
function workerKindFor({ workerKind }: ResolvedPoolOptions): WorkerKind {
  return workerKind === "auto" ? "killable" : workerKind;
}
