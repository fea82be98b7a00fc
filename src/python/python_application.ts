// Loads a Python application into the interpreter of this thread and makes a gateway to it.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Gateway } from "../gateway/gateway.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { moduleName } from "../application/python_module.ts";
import { startInterpreter } from "./interpreter.ts";
import { PythonError } from "./python_error.ts";
import { PythonGateway } from "./python_gateway.ts";

/** A loaded Python application. */
export interface PythonApplication {
  /** Serves exchanges with the application; blocks this thread. */
  readonly gateway: Gateway;
  /** Calls the functions that the application has registered by `atexit`. */
  stop(): void;
}

/** Loads a WSGI application into the interpreter of this thread, and starts the interpreter if needed.
 *
 * @param url `file:` URL of the module, or `python:` and its name
 * @param name name of the application in the module
 * @param pythonPath folders and archives with packages, searched after the module's folder and Python's
 * library
 * @returns the application
 * @throws {ApplicationLoadError} when it cannot be loaded, with Python's traceback as its cause */
export async function loadPython(
  url: string | URL,
  name: string,
  pythonPath: readonly string[] = [],
): Promise<PythonApplication> {
  const missing = pythonPath.find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new ApplicationLoadError(`there is no ${missing} for pythonPath`);
  }
  const interpreter = await startInterpreter();
  const { href } = new URL(url);
  const module = moduleName(href) === undefined ? fileURLToPath(href) : href;
  const loaded = interpreter.load(module, name, pythonPath);
  if (typeof loaded === "string") {
    throw new ApplicationLoadError("its module failed", new PythonError(loaded));
  }
  const gateway = new PythonGateway(interpreter, loaded);
  return { gateway, stop: () => interpreter.stop() };
}
