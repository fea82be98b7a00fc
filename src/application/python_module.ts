// Loads applications that are written in Python. Python has an entry apart in `exports`, with a package
// that the graph of mod.ts does not have. It is imported only where an application needs it, by a URL that
// no tool counts as a part of the graph.

import type { ExportedApp } from "./classify_application.ts";
import { ApplicationLoadError } from "./application_load_error.ts";

/** A Python application, in the form of any other loaded module. */
export interface LoadedPython {
  /** Hooks, as a module of JavaScript exports them. */
  readonly exports: Readonly<Record<string, unknown>>;
  readonly app: ExportedApp;
}

/** The part of the entry for Python that is used here. */
interface PythonEntry {
  loadPython(
    url: string,
    name: string,
    pythonPath: readonly string[],
  ): Promise<{ readonly gateway: ExportedApp; stop(): void }>;
}

/** The name in PEP 3333's examples, and the default of many servers. */
const USUAL_NAME = "application";

/** Scheme of the URL of a module that Python finds by its name, such as `python:site.wsgi`. */
const MODULE_SCHEME = "python:";

/** Whether a module is written in Python, by its URL. */
export function isPython(url: string): boolean {
  const { protocol, pathname } = new URL(url);
  return protocol === MODULE_SCHEME || pathname.endsWith(".py");
}

/** The name of a module that Python finds by its name; undefined for one that is a file. */
export function moduleName(url: string): string | undefined {
  return url.startsWith(MODULE_SCHEME) ? url.slice(MODULE_SCHEME.length) : undefined;
}

/** The name of an application in its module; `default` is `application`. */
export function applicationName(name: string): string {
  return name === "default" ? USUAL_NAME : name;
}

/** Loads a Python application into this thread.
 *
 * @param url URL of its module
 * @param name its name in the module; `default` is `application`
 * @param pythonPath folders of packages
 * @returns a gateway to it
 * @throws {ApplicationLoadError} when it cannot be loaded */
export async function loadPythonModule(
  url: string,
  name: string,
  pythonPath: readonly string[],
): Promise<LoadedPython> {
  if (!url.startsWith("file:") && moduleName(url) === undefined) {
    throw new ApplicationLoadError(
      `a Python application has to be a file, like the modules that it imports, got ${url}`,
    );
  }
  const entry = new URL("../python/mod.ts", import.meta.url).href;
  let python: PythonEntry;
  try {
    python = await import(entry);
  } catch (error) {
    throw new ApplicationLoadError("the interpreter for Python cannot be loaded", error);
  }
  const { gateway, stop } = await python.loadPython(url, applicationName(name), pythonPath);
  return { exports: { onWorkerStop: stop }, app: gateway };
}
