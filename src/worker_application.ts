// An application as a worker has it: loaded from its module, with the hooks that the module may export
// for the life of the worker, and its own handler of errors, since options hold no functions on their
// way to another thread.

import { loadModule, type ModuleApp } from "./application.ts";
import type { ExportedApp } from "./application_export.ts";
import type { ErrorHandler } from "./gateway/fetch_gateway.ts";
import { ApplicationLoadError } from "./pool/application_load_error.ts";

/** An application in a worker, ready to answer. */
export interface WorkerApplication {
  readonly app: ExportedApp;
  /** `onError` beside `fetch` in what is exported. */
  readonly onError: ErrorHandler | undefined;
  /** Calls the module's `onWorkerStop`, if it exports one. */
  stop(): Promise<void>;
}

/** What an application module may export for the life of its worker. */
interface WorkerHooks {
  readonly onWorkerStart?: (info: { readonly workerId: number }) => unknown;
  readonly onWorkerStop?: () => unknown;
}

/** Loads an application and calls the module's `onWorkerStart`.
 *
 * @param module where it is
 * @param workerId the worker's number
 * @returns the application
 * @throws {ApplicationLoadError} when it cannot be loaded, or the hook fails */
export async function loadWorkerApplication(
  module: ModuleApp,
  workerId: number,
): Promise<WorkerApplication> {
  const { exports, app } = await loadModule(module);
  const hooks = exports as WorkerHooks;
  try {
    await hooks.onWorkerStart?.({ workerId });
  } catch (error) {
    throw new ApplicationLoadError("its onWorkerStart failed", error);
  }
  const { onError } = app as { onError?: ErrorHandler };
  return {
    app,
    onError: typeof onError === "function" ? onError.bind(app) : undefined,
    async stop() {
      await hooks.onWorkerStop?.();
    },
  };
}
