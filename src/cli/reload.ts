// What happens at a SIGHUP? Certificates are read again and the application is loaded afresh, one time after the other, and whatever goes
// wrong is only told: the old code goes on.

import { loadFailure } from "./load_app.ts";
import { appsOf, type MountText } from "./mounts.ts";
import type { CliEnvironment } from "./environment.ts";

/** What there is to reload. */
export interface Reloading {
  /** Has the application loaded afresh. */
  application(): Promise<void>;
  /** Reads certificates again, where there are any, and logs what came of it. */
  readonly certificates: (() => Promise<void>) | undefined;
}

/** Makes what a SIGHUP calls.
 *
 * @param what does it
 * @param mounts what is served
 * @param environment where it is told
 * @returns a function that begins to reload; while that is under way a call begins another once it is
 * over, as the files may have changed since they were read */
export function createReload(
  what: Reloading,
  mounts: readonly MountText[],
  environment: Pick<CliEnvironment, "report" | "describe" | "notifier">,
): () => void {
  let wanted = false;
  let running = false;
  const run = async () => {
    running = true;
    while (wanted) {
      wanted = false;
      // The server has logged what came of it, and the application is another matter.
      await what.certificates?.().catch(() => {});
      await reloadOnce(what.application, mounts, environment);
    }
    running = false;
  };
  return () => {
    wanted = true;
    if (!running) void run(); // reloadOnce() tells what goes wrong
  };
}

async function reloadOnce(
  reload: () => Promise<void>,
  mounts: readonly MountText[],
  environment: Pick<CliEnvironment, "report" | "describe" | "notifier">,
): Promise<void> {
  environment.report(`robusto: reloading ${appsOf(mounts)}`);
  environment.notifier.reloading();
  try {
    await reload();
    environment.report(`robusto: reloaded ${appsOf(mounts)}`);
  } catch (thrown) {
    const error = loadFailure(mounts, thrown) ?? thrown as Error;
    environment.report(`robusto: ${error.message}; the old code goes on`);
    if (error.cause !== undefined) environment.report(environment.describe(error.cause));
  }
  environment.notifier.ready(); // whichever code it is
}
