// Parses APP, finds its module and, if the application runs in this thread, imports it. A failure
// here is caused by the application or by the user and ends with exit code 3.

import { fileURLToPath, pathToFileURL } from "node:url";
import { ModuleApp } from "../application/application.ts";
import { isPython } from "../application/python_module.ts";
import { type LoadedApp, resolveExport } from "../application/application_export.ts";
import { isPermitted } from "../io/permissions.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { shownPath } from "../application/application_tree.ts";
import { EXIT, ExitError } from "./exit_error.ts";
import { formatApps, type MountText } from "./mounts.ts";

/** The parsed form of APP. */
export interface AppReference {
  /** URL of the module, absolute. */
  readonly url: string;
  /** Name of the export. */
  readonly name: string;
}

/** Parses APP. A path becomes absolute by the working directory.
 *
 * The name stands after the last colon. In a URL that colon must be in the last segment of the path,
 * so that neither a port nor a query is taken for a name; a URL with a query has no name.
 *
 * Text such as `package.module` names a module that Python finds by itself, as other servers take it.
 *
 * @param text `PATH`, `PATH:NAME`, or an `http:`, `https:` or `file:` URL, or one with `:NAME`, or the name
 * of a module in Python
 * @returns the module and the export
 * @throws {ExitError} when it has another form, or a kind of URL that is not supported */
export function parseAppReference(text: string): AppReference {
  const scheme = /^([A-Za-z][A-Za-z0-9+-]*):/.exec(text)?.[1].toLowerCase();
  if (scheme !== undefined && ["http", "https", "file"].includes(scheme)) return parseUrl(text);
  if (scheme !== undefined && ["jsr", "npm", "node", "data", "blob"].includes(scheme)) {
    throw cannotLoad(text, "expected a path or an http:, https: or file: URL");
  }
  if (scheme === "python") {
    const [url, name] = splitName(text, text.slice("python:".length));
    if (!isModuleName(url.slice("python:".length))) {
      throw cannotLoad(text, "expected the name of a module");
    }
    return { url, name };
  }
  const [path, name] = splitName(text, text);
  if (path === "") throw cannotLoad(text, "expected the path of a module");
  if (isModuleName(path)) return { url: `python:${path}`, name };
  return { url: pathToFileURL(path).href, name };
}

/** Whether APP is written in Python.
 *
 * @param text APP
 * @throws {ExitError} as {@linkcode parseAppReference} */
export function isPythonApp(text: string): boolean {
  return isPython(parseAppReference(text).url);
}

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
 * @returns the application
 * @throws {ExitError} when the module cannot be imported or its export cannot be served */
export async function loadApp(text: string): Promise<LoadedApp> {
  const { url, name } = await locateApp(text);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(url);
  } catch (error) {
    throw new ExitError(EXIT.application, `Cannot load ${text}: its module failed`, error);
  }
  try {
    return resolveExport(module, name);
  } catch (error) {
    throw cannotLoad(text, (error as Error).message);
  }
}

function parseUrl(text: string): AppReference {
  const query = /[?#]/.test(text);
  const lastSegment = /^[^/]*\/\/[^/]*(?:\/[^/]*)*\/([^/]*)$/.exec(text)?.[1] ?? "";
  const [module, name] = query ? [text, "default"] : splitName(text, lastSegment);
  if (!URL.canParse(module)) throw cannotLoad(text, "expected a valid URL");
  return { url: new URL(module).href, name };
}

/** Splits at the last colon of `within`, the end of `text` in which a name may stand. Text with a
 * dot or a slash after the colon is no name but the rest of a path. */
function splitName(text: string, within: string): [module: string, name: string] {
  const colon = within.lastIndexOf(":");
  const name = within.slice(colon + 1);
  if (colon < 0 || /[./]/.test(name)) return [text, "default"];
  if (name === "") throw cannotLoad(text, "expected the name of an export behind the colon");
  return [text.slice(0, text.length - name.length - 1), name];
}

/** Whether text is a name that Python imports, and no file by its ending. */
function isModuleName(text: string): boolean {
  return /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(text) &&
    !/\.(?:[cm]?[jt]sx?|py|json)$/.test(text);
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

function cannotLoad(text: string, reason: string): ExitError {
  return new ExitError(EXIT.application, `Cannot load ${text}: ${reason}`);
}
