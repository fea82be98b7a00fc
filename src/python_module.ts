// Is this module written in Python, and how does it get into a thread? Python has its own entry of
// `exports`, with a package that the graph of mod.ts does not have, so it is imported by a URL that no
// tool takes for a part of the graph, and only where an application needs it.

import type { ExportedApp } from "./application_export.ts";
import { ApplicationLoadError } from "./pool/application_load_error.ts";

/** What {@linkcode loadPythonModule} needs to know of a module. */
export interface PythonReference {
  readonly url: string;
  readonly name: string;
  readonly pythonPath: readonly string[];
}

/** A Python application as any other module that was loaded. */
export interface LoadedPython {
  /** Hooks, as a module of JavaScript exports them. */
  readonly exports: { readonly onWorkerStop: () => void };
  readonly app: ExportedApp;
}

/** What the entry for Python has to offer here. */
interface PythonEntry {
  loadPython(
    url: string,
    name: string,
    pythonPath: readonly string[],
  ): Promise<{ readonly gateway: ExportedApp; stop(): void }>;
}

/** Name that PEP 3333's examples and servers such as mod_wsgi take for granted. */
const USUAL_NAME = "application";

/** Whether a module is written in Python.
 *
 * @param url its URL */
export function isPython(url: string): boolean {
  return new URL(url).pathname.endsWith(".py");
}

/** Loads a Python application into an interpreter in this thread.
 *
 * @param module where it is
 * @returns a gateway to it
 * @throws {ApplicationLoadError} when it cannot be loaded */
export async function loadPythonModule(module: PythonReference): Promise<LoadedPython> {
  const { url, name, pythonPath } = module;
  if (!url.startsWith("file:")) {
    throw new ApplicationLoadError("a Python application has to be a file, as what it imports is");
  }
  const entry = new URL("./python/mod.ts", import.meta.url).href;
  let python: PythonEntry;
  try {
    python = await import(entry);
  } catch (error) {
    throw new ApplicationLoadError("the interpreter for Python cannot be had", error);
  }
  const callable = name === "default" ? USUAL_NAME : name;
  const { gateway, stop } = await python.loadPython(url, callable, pythonPath);
  return { exports: { onWorkerStop: stop }, app: gateway };
}
