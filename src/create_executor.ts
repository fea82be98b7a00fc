// Where does this application run? A module goes to the pool unless it is told to stay; what is a value
// already can only run in the thread where it is.

import { type Application, gatewayFor, loadModule, ModuleApp } from "./application.ts";
import { isPython } from "./python_module.ts";
import type { LogEvent } from "./log.ts";
import type { ResolvedOptions, ServerOptions } from "./options.ts";
import type { Executor } from "./pool/executor.ts";
import { InlineExecutor } from "./pool/inline_executor.ts";
import { WorkerPool } from "./pool/worker_pool.ts";
import type { WorkerKind } from "./pool/worker_thread.ts";
import { ShardGroup } from "./shard/shard_group.ts";
import { type AppKind, WORKER_OPTIONS } from "./worker_options.ts";

/** Whether an application has to be loaded before it can answer. */
export function isModule(app: Application): app is URL | ModuleApp {
  return app instanceof URL || app instanceof ModuleApp;
}

/** What an application is given as. */
export function kindOf(app: Application): AppKind {
  if (!isModule(app)) return "value";
  return isPython(app instanceof URL ? app.href : app.url) ? "python" : "module";
}

/** Makes what answers exchanges for an application; starts nothing.
 *
 * @param app what is served
 * @param options how
 * @param log where the pool's events go */
export function createExecutor(
  app: Application,
  options: ResolvedOptions,
  log: (event: LogEvent) => void,
): Executor {
  if (!isModule(app)) return new InlineExecutor(gatewayFor(app, options.onError));
  const module = app instanceof URL ? new ModuleApp(app) : app;
  if (options.mode === "inline") {
    return new InlineExecutor(async () => {
      const { app } = await loadModule(module);
      return gatewayFor(app, options.onError);
    });
  }
  if (options.mode === "sharded") {
    return new ShardGroup(module, options.minWorkers, shardOptions(options), log);
  }
  const { url, name } = module;
  const workerKind = kindFor(options);
  const pythonPath = module.pythonPath.length > 0 ? module.pythonPath : options.pythonPath;
  return new WorkerPool({ ...options, url, name, pythonPath, workerKind, onLog: log });
}

/** What a shard's server is made with: everything that is not the group's own, and no functions. */
function shardOptions(options: ResolvedOptions): ServerOptions {
  const own: readonly string[] = [
    ...WORKER_OPTIONS,
    "exchangesPerBlockingWorker",
    "pythonPath",
    "mode",
    "bind",
    "signal",
  ];
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) =>
      !own.includes(name) && typeof value !== "function"
    ),
  );
}

/** A deadline for handlers or a bound on their memory can only be kept where a thread can be ended. */
function kindFor(options: ResolvedOptions): WorkerKind {
  if (options.workerKind !== "auto") return options.workerKind;
  const { handlerTimeout, responseTimeout, maxWorkerHeap } = options;
  return Math.min(handlerTimeout, responseTimeout, maxWorkerHeap) < Infinity ? "killable" : "web";
}
