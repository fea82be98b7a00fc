// Decides where each application runs. A module runs in the server's pool, unless the mode says otherwise or
// it has a dedicated pool. A value can only run in the thread where it was made.

import { isStandalone, requirePermission } from "../io/permissions.ts";
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
  withLoading,
} from "../application/application_tree.ts";
import { type DedicatedPoolEntry, MountedExecutor, type Route } from "./mounted_executor.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import { resolveDedicatedPool, type ResolvedPoolOptions } from "../options/mount_pool_options.ts";
import type { Executor } from "../exchange/executor.ts";
import { InlineExecutor } from "../gateway/inline_executor.ts";
import { spoolFileLimit } from "./connection_limit.ts";
import { createWorkerPool, type WorkerPool } from "../pool/worker_pool.ts";
import type { ThreadKind } from "../pool/worker_thread.ts";
import {
  findPythonWorkers,
  isPythonLeaf,
  mayUseProcesses,
  requireForPython,
  warnOfUnlockedFiles,
} from "./python_workers.ts";
import { ShardGroup } from "../shard/shard_group.ts";
import { SHARD_MAIN } from "./shard_main.ts";
import { shardOptions } from "../options/shard_options.ts";
import { webSocketLimits } from "../options/web_socket_limits.ts";
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
  const { pythonPath, gateway } = options;
  const isUsual = pythonPath.length === 0 && gateway === "auto";
  const tree = isUsual ? app : withLoading(app, { pythonPath, gateway });
  const kind = treeKind(tree);
  if (kind === "value") return new InlineExecutor(treeGateway(tree, options.onError));
  if (options.mode !== "inline") requireOwnModules(options.mode);
  const python = treeLeaves(tree).map(({ leaf }) => leaf).filter(isPythonLeaf);
  if (python.length > 0) requireForPython(options, mayUseProcesses(options, options));
  const own = createDedicatedPools(tree, options, log);
  if (options.mode === "inline") {
    return new InlineExecutor(async () =>
      treeGateway((await loadTree(tree)).tree, options.onError)
    );
  }
  if (options.mode === "sharded") {
    const settings = { ...options, size: options.minWorkers, kind: threadKindFor(options) };
    const group = new ShardGroup(SHARD_MAIN, tree, settings, shardOptions(options), log);
    group.captureOutput = options.captureOutput;
    return group;
  }
  const isPool = kind === "module" && own.size === 0 &&
    (python.length === 0 || tree.kind !== "dispatcher");
  if (isPool) return createPool(tree, options, options, log);
  return createMounted(tree, own, options, log);
}

function createMounted(
  tree: AppTree,
  own: ReadonlyMap<Leaf, DedicatedPoolEntry>,
  options: ResolvedOptions,
  log: Log,
): MountedExecutor {
  const inProcesses = mayUseProcesses(options, options);
  const isProcess = (leaf: Leaf) => inProcesses && isPythonLeaf(leaf);
  const isShared = (leaf: Leaf) => leaf.kind === "module" && !own.has(leaf);
  const modules = filterTree(tree, (leaf) => isShared(leaf) && !isProcess(leaf));
  const python = filterTree(tree, (leaf) => isShared(leaf) && isProcess(leaf));
  const values = filterTree(tree, (leaf) => leaf.kind === "value");
  const shared = modules && createPool(modules, options, options, log);
  const processes = python && createPool(python, options, options, log);
  const inline = values && new InlineExecutor(treeGateway(values, options.onError));
  const routes = routesOf(
    tree,
    (leaf) =>
      own.get(leaf)?.pool ??
        (leaf.kind === "value" ? inline! : isProcess(leaf) ? processes! : shared!),
  );
  return new MountedExecutor({ routes, dedicated: [...own.values()], shared, processes }, log);
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
      options,
      (event) => log({ ...event, message: `Pool of ${path}: ${event.message}` }),
    );
    pools.set(leaf, { pool, place: { path, url: leaf.url } });
  }
  return pools;
}

/** Makes a pool. Python applications that run in processes have a pool without any others. */
function createPool(
  app: AppTree,
  options: ResolvedPoolOptions,
  server: ResolvedOptions,
  onLog: Log,
): WorkerPool {
  const webSocket = webSocketLimits(server);
  const maxSpoolFiles = spoolFileLimit(options);
  const workerKind = threadKindFor(options);
  const pool = { ...options, app, webSocket, workerKind, maxSpoolFiles, onLog };
  if (treeLeaves(app).every(({ leaf }) => isPythonLeaf(leaf)) && mayUseProcesses(server, options)) {
    const findWorkers = () => findPythonWorkers(app, server, options, onLog);
    return createWorkerPool(pool, { findWorkers });
  }
  warnOfUnlockedFiles(app, options.maxWorkers, onLog);
  return createWorkerPool(pool, {});
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

/** Deadlines and a bound on memory can only be kept where a thread can be ended. */
function threadKindFor({ workerKind }: ResolvedPoolOptions): ThreadKind {
  return workerKind === "auto" ? "killable" : workerKind;
}
