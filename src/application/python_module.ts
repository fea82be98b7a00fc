// Is this application written in Python, and how does it get into a thread? Python has its own entry of
// `exports`, with a package that the graph of mod.ts does not have, so it is imported by a URL that no
// tool takes for a part of the graph, and only where an application needs it.

import type { ExportedApp } from "./application_export.ts";
import { ApplicationLoadError } from "./application_load_error.ts";

/** A Python application as any other module that was loaded. */
export interface LoadedPython {
  /** Hooks, as a module of JavaScript exports them. */
  readonly exports: Readonly<Record<string, unknown>>;
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

/** The name that is taken for granted by PEP 3333's examples and by many servers. */
const USUAL_NAME = "application";

/** Whether a module is written in Python.
 *
 * @param url its URL */
export function isPython(url: string): boolean {
  return new URL(url).pathname.endsWith(".py");
}

/** Loads a Python application into this thread.
 *
 * @param url where it is
 * @param name what it is called there; `default` is `application`
 * @param pythonPath where it finds packages
 * @returns a gateway to it
 * @throws {ApplicationLoadError} when it cannot be loaded */
export async function loadPythonModule(
  url: string,
  name: string,
  pythonPath: readonly string[],
): Promise<LoadedPython> {
  if (!url.startsWith("file:")) {
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
  const callable = name === "default" ? USUAL_NAME : name;
  const { gateway, stop } = await python.loadPython(url, callable, pythonPath);
  return { exports: { onWorkerStop: stop }, app: gateway };
}
