// Finds what the workers of Python applications are: processes of an interpreter, or threads with one
// inside. Processes have an entry apart, which is imported only where an application needs it, by a URL that
// no tool counts as a part of the graph.

import process from "node:process";
import { fileURLToPath } from "node:url";
import { isPython, moduleName } from "../application/python_module.ts";
import { type AppTree, type ModuleLeaf, treeLeaves } from "../application/application_tree.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { isPermitted, requirePermission } from "../io/permissions.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { ResolvedPoolOptions } from "../options/mount_pool_options.ts";
import type { FindPythonProcesses, PythonProcessOptions } from "../pool/python_processes.ts";
import { threadFactory, type WorkerFactory, type WorkerSource } from "../pool/worker_thread.ts";

/** The options about Python. */
export interface PythonOptions {
  readonly python: string;
  readonly pythonPath: readonly string[];
  readonly chdir: string | undefined;
}

/** The part of the entry for processes that is used here. */
interface ProcessEntry {
  readonly findPythonProcesses: FindPythonProcesses;
}

/** Whether a leaf is a module in Python. */
export function isPythonLeaf(leaf: { readonly kind: string }): leaf is ModuleLeaf {
  return leaf.kind === "module" && isPython((leaf as ModuleLeaf).url);
}

/** Whether applications in Python may run in processes. */
export function mayUseProcesses(
  { python }: PythonOptions,
  { workerKind }: Pick<ResolvedPoolOptions, "workerKind">,
): boolean {
  return python !== "embedded" && workerKind === "auto";
}

/** Requires the permissions that are known to be needed: the server must not fail later than it can.
 *
 * @throws {Deno.errors.NotCapable} when one is missing */
export function requireForPython(
  { python }: Pick<PythonOptions, "python">,
  inProcesses: boolean,
): void {
  if (inProcesses && python !== "auto") {
    requirePermission(
      { name: "run", command: python },
      `--allow-run=${python}`,
      `python "${python}"`,
    );
  } else if (!inProcesses || !isPermitted({ name: "run" })) {
    // An interpreter mounts the host's folders and takes its environment, or does not start.
    requirePermission({ name: "read" }, "--allow-read", "an application in Python");
    requirePermission({ name: "env" }, "--allow-env", "an application in Python");
  }
}

/** Finds what starts the workers of applications that are all written in Python.
 *
 * @param app the applications
 * @param python the options about Python
 * @param pool those of their pool
 * @param onLog takes which interpreter serves
 * @throws {ApplicationLoadError} when none can be used */
export async function findPythonWorkers(
  app: AppTree,
  { python, pythonPath, chdir }: PythonOptions,
  pool: ResolvedPoolOptions,
  onLog: (event: LogEvent) => void,
): Promise<WorkerSource> {
  const startWorker = await findProcesses({
    python,
    app,
    pythonPath,
    chdir,
    threads: pool.exchangesPerBlockingWorker,
    maxHeap: pool.maxWorkerHeap,
    count: pool.minWorkers,
    onLog,
  });
  if (startWorker !== undefined) return { kind: "process", startWorker };
  if (chdir !== undefined) {
    throw new ApplicationLoadError("chdir needs processes of a Python, and there is none");
  }
  try {
    requireForPython({ python: "embedded" }, false);
  } catch (error) {
    throw new ApplicationLoadError((error as Error).message);
  }
  warnOfUnlockedFiles(app, pool.maxWorkers, onLog);
  const { maxWorkerHeap } = pool;
  const kind = "killable";
  return { kind, startWorker: threadFactory({ workerKind: kind, maxWorkerHeap }) };
}

async function findProcesses(options: PythonProcessOptions): Promise<WorkerFactory | undefined> {
  const entry = new URL("../python/process/mod.ts", import.meta.url).href;
  let python: ProcessEntry;
  try {
    python = await import(entry);
  } catch (error) {
    throw new ApplicationLoadError("the entry for Python cannot be loaded", error);
  }
  return await python.findPythonProcesses(options);
}

/** Warns if interpreters that are threads may write to the same files: locks of files have no effect between
 * them, and SQLite needs them. A permission to write elsewhere than in the usual folders cannot be found. */
export function warnOfUnlockedFiles(
  tree: AppTree,
  maxWorkers: number,
  log: (event: LogEvent) => void,
): void {
  if (maxWorkers === 1) return;
  const leaf = treeLeaves(tree).map(({ leaf }) => leaf).find(isPythonLeaf);
  if (leaf === undefined) return;
  const writable = [undefined, folderOf(leaf), process.cwd()].some((path) =>
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

function folderOf({ url }: ModuleLeaf): string {
  if (moduleName(url) !== undefined || !url.startsWith("file:")) return process.cwd();
  return fileURLToPath(new URL("./", url));
}
