// Reloads at a SIGHUP: certificates are read again, then the application is loaded again. Two
// reloads never run at once. A failure is reported, and the old code continues to serve.

import { errorText } from "../log/error_text.ts";
import { loadFailure } from "./load_app.ts";
import { formatApps, type MountText } from "./settings/mounts.ts";
import type { CliEnvironment } from "./environment.ts";

/** The parts of a server that can be reloaded. */
export interface ReloadActions {
  /** Loads the application again. */
  application(): Promise<void>;
  /** Reads certificates again and logs the result; `undefined` without TLS. */
  readonly certificates: (() => Promise<void>) | undefined;
  /** Takes the failure of a reload, or `undefined` after a good one. */
  readonly onResult?: (failure: string | undefined) => void;
}

/** Makes the function that reloads.
 *
 * @param actions reload the parts of the server
 * @param mounts the applications that are served
 * @param environment takes reports
 * @returns a function that begins to reload. A call during a reload begins another one after it, as the
 * files may have changed since they were read */
export function createReload(
  actions: ReloadActions,
  mounts: readonly MountText[],
  environment: Pick<CliEnvironment, "report" | "notifier">,
): () => void {
  let wanted = false;
  let running = false;
  const run = async () => {
    running = true;
    while (wanted) {
      wanted = false;
      // The server has logged the failure, and the application can be reloaded in any case.
      await actions.certificates?.().catch(() => {});
      await reloadOnce(actions, mounts, environment);
    }
    running = false;
  };
  return () => {
    wanted = true;
    if (!running) void run(); // reloadOnce() reports failures
  };
}

async function reloadOnce(
  { application: reload, onResult }: ReloadActions,
  mounts: readonly MountText[],
  environment: Pick<CliEnvironment, "report" | "notifier">,
): Promise<void> {
  environment.report("reloading", `reloading ${formatApps(mounts)}`);
  environment.notifier.reloading();
  try {
    await reload();
    environment.report("reloaded", `reloaded ${formatApps(mounts)}`);
    onResult?.(undefined);
  } catch (thrown) {
    const error = loadFailure(mounts, thrown) ?? thrown as Error;
    const { message, cause } = error;
    const details = { level: "error", error: cause } as const;
    const now = onResult === undefined
      ? "the old code goes on"
      : "requests get this as a 500 until a change can be loaded";
    environment.report("reload-failed", `${message}; ${now}`, details);
    onResult?.(cause === undefined ? message : `${message}\n\n${errorText(cause)}`);
  }
  environment.notifier.ready(); // with the old code or the new
}
