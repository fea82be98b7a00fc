// A Python application in this thread: an interpreter of its own, the application imported, a gateway
// to it.

import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Gateway } from "../gateway/gateway.ts";
import { ApplicationLoadError } from "../pool/application_load_error.ts";
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

/** Loads a WSGI application into an interpreter of its own.
 *
 * @param url file: URL of the module
 * @param name what the module calls the application
 * @param pythonPath folders in which packages are looked for, behind the module's own
 * @returns the application
 * @throws {ApplicationLoadError} when it cannot be loaded, with Python's own traceback as its cause */
export async function loadPython(
  url: string | URL,
  name: string,
  pythonPath: readonly string[] = [],
): Promise<PythonApplication> {
  const { python, answering, loading } = await startInterpreter();
  const gateway = new PythonGateway(answering);
  const traceback = loading.load(realPath(url), name, python.toPy(pythonPath));
  if (traceback !== "") {
    throw new ApplicationLoadError("its module failed", new PythonError(traceback));
  }
  return { gateway, stop: () => loading.stop() };
}

function realPath(url: string | URL): string {
  const path = fileURLToPath(url);
  try {
    return realpathSync(path);
  } catch {
    return path; // Python says what is wrong with it
  }
}
