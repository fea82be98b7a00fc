// Finds the module of APP and, if the application runs in this thread, imports it. A failure
// here is caused by the application or by the user and ends with exit code 3.

import { fileURLToPath } from "node:url";
import { ModuleApp } from "../application/application.ts";
import { type LoadedApp, moduleFailure, resolveExport } from "../application/application_export.ts";
import type { GatewayChoice } from "../application/classify_application.ts";
import { prepareNode } from "../application/node_application.ts";
import { isPermitted } from "../io/permissions.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { shownPath } from "../application/application_tree.ts";
import { cannotLoad, parseAppReference } from "./settings/app_reference.ts";
import { EXIT, ExitError } from "./settings/exit_error.ts";
import { formatApps, type MountText } from "./settings/mounts.ts";

/** Finds an application for workers to load; this thread does not import it.
 *
 * @param text APP
 * @returns its module and its export
 * @throws {ExitError} when APP cannot be parsed or there is no such file */
export async function locateApp(text: string): Promise<ModuleApp> {
  const { url, name } = parseAppReference(text);
  await requireFile(url, text);
  return new ModuleApp(url, name);
}

/** Makes the failure for an application that workers could not load.
 *
 * @param mounts the applications that are served
 * @param error the error that the server threw
 * @returns the failure with the application's own error, or `undefined` for an error of another kind */
export function loadFailure(
  mounts: readonly MountText[],
  error: unknown,
): ExitError | undefined {
  if (!(error instanceof ApplicationLoadError)) return undefined;
  const { place, reason, cause } = error;
  const failure = (failed: readonly MountText[], reason: string) =>
    new ExitError(EXIT.application, `Cannot load ${formatApps(failed)}: ${reason}`, cause);
  // When a worker of the shared pool ends, the pool does not know which application was the cause.
  if (place === undefined) return failure(mounts.filter(({ pool }) => pool === undefined), reason);
  const failed = mounts.filter(({ prefix }) => shownPath(prefix) === place.path);
  if (failed.length > 0) return failure(failed, reason);
  return failure(mounts, `its application at ${place.path}, ${place.url}: ${reason}`);
}

/** Imports an application.
 *
 * @param text APP
 * @param gateway how it is called if it is a bare function
 * @returns the application
 * @throws {ExitError} when the module cannot be imported, its export cannot be served, or an application over
 * node:http fails to get ready */
export async function loadApp(
  text: string,
  gateway?: GatewayChoice,
): Promise<LoadedApp> {
  const { url, name } = await locateApp(text);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(url);
  } catch (error) {
    throw new ExitError(EXIT.application, `Cannot load ${text}: ${moduleFailure(error)}`, error);
  }
  let loaded: LoadedApp;
  try {
    loaded = resolveExport(module, name, gateway);
  } catch (error) {
    throw cannotLoad(text, (error as Error).message);
  }
  try {
    await prepareNode(loaded.app);
  } catch (error) {
    const message = `Cannot load ${text}: its application failed to get ready`;
    throw new ExitError(EXIT.application, message, error);
  }
  return loaded;
}

/** Fails for a missing file with a plainer message than that of the module loader. */
async function requireFile(url: string, text: string): Promise<void> {
  if (!url.startsWith("file:")) return;
  const path = fileURLToPath(url);
  if (!isPermitted({ name: "read", path })) {
    throw cannotLoad(text, `it needs the permission --allow-read=${path}`);
  }
  let isFile: boolean;
  try {
    isFile = (await Deno.stat(new URL(url))).isFile;
  } catch (error) {
    throw cannotLoad(text, (error as Error).message);
  }
  if (!isFile) throw cannotLoad(text, "expected a file");
}
