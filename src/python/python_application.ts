// A Python application in this thread: imported into the thread's interpreter, with a gateway to it.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Gateway } from "../gateway/gateway.ts";
import { ApplicationLoadError } from "../application/application_load_error.ts";
import { startInterpreter } from "./interpreter.ts";
import { PythonError } from "./python_error.ts";
import { PythonGateway } from "./python_gateway.ts";

/** A Python application that is loaded. */
export interface PythonApplication {
  /** Answers through it; blocks this thread. */
  readonly gateway: Gateway;
  /** Calls what the application has registered by `atexit`. */
  stop(): void;
}

/** Loads a WSGI application into the interpreter of this thread, which is started if there is none.
 *
 * @param url `file:` URL of the module
 * @param name what the module calls the application
 * @param pythonPath folders and archives in which packages are looked for, behind the module's own
 * folder and Python's library
 * @returns the application
 * @throws {ApplicationLoadError} when it cannot be loaded, with Python's own traceback as its cause */
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
  const loaded = interpreter.load(fileURLToPath(url), name, pythonPath);
  if (typeof loaded === "string") {
    throw new ApplicationLoadError("its module failed", new PythonError(loaded));
  }
  const gateway = new PythonGateway(interpreter, loaded);
  return { gateway, stop: () => interpreter.stop() };
}
