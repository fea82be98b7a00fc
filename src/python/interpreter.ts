// The Python interpreter of this thread: CPython in WebAssembly with the process's surroundings
// (surroundings.ts) and the inside of the gateway in it. There is one for each thread; applications that
// are loaded into the same thread share it as they would share a process.

import process from "node:process";
import WSGI_HANDLER from "./wsgi_handler.py" with { type: "text" };
import { SharedBuffer } from "./shared_buffer.ts";
import { PythonCallbacks } from "./python_callbacks.ts";
import BOOTSTRAP from "./bootstrap.py" with { type: "text" };
import { loadPyodide, type PyBuffer } from "./pyodide.ts";
import { environment, mountFolders } from "./host_environment.ts";

/** Where the inside of the gateway is; its own library is on the interpreter's search path already. */
const PACKAGE = "/lib/python3.14/site-packages/_robusto";

/** `wsgi_handler.py`, as far as it is called from here. */
interface WsgiHandler {
  readonly resize: (size: number) => PyBuffer;
  readonly connect: (callbacks: PythonCallbacks) => void;
  readonly respond: (index: number, textSize: number, count: number, contentSize: number) => number;
}

/** `bootstrap.py`, as far as it is called from here. */
interface Bootstrap {
  readonly prepare: (environment: unknown, folder: string) => void;
  readonly load: (path: string, name: string, pythonPath: unknown) => number | string;
  readonly stop: () => void;
}

/** An interpreter that runs. */
export interface Interpreter {
  /** Memory for what goes in and out. */
  readonly buffer: SharedBuffer;
  /** What the inside calls. */
  readonly callbacks: PythonCallbacks;
  /** Loads an application.
   *
   * @param path its module
   * @param name what the module calls it
   * @param pythonPath where packages are looked for, behind all else
   * @returns its number, or Python's own traceback */
  load(path: string, name: string, pythonPath: readonly string[]): number | string;
  /** `respond` of wsgi_handler.py. */
  readonly respond: WsgiHandler["respond"];
  /** Calls what applications have registered by `atexit`. */
  stop(): void;
}

let ofThisThread: Promise<Interpreter> | undefined;

/** Starts the interpreter of this thread, or gives the one that there is.
 *
 * @throws {Error} when it cannot be had, such as without a network when it was never cached */
export function startInterpreter(): Promise<Interpreter> {
  return ofThisThread ??= start();
}

async function start(): Promise<Interpreter> {
  const python = await loadPyodide({ stdin: () => null });
  const { FS } = python;
  mountFolders(FS);
  FS.mkdir(PACKAGE);
  FS.writeFile(`${PACKAGE}/__init__.py`, "");
  FS.writeFile(`${PACKAGE}/wsgi_handler.py`, WSGI_HANDLER);
  FS.writeFile(`${PACKAGE}/bootstrap.py`, BOOTSTRAP);
  const wsgiHandler: WsgiHandler = python.pyimport("_robusto.wsgi_handler");
  const bootstrap: Bootstrap = python.pyimport("_robusto.bootstrap");
  const buffer = new SharedBuffer(wsgiHandler.resize);
  const callbacks = new PythonCallbacks(buffer);
  wsgiHandler.connect(callbacks);
  bootstrap.prepare(python.toPy(environment()), process.cwd());
  return {
    buffer,
    callbacks,
    load: (path, name, pythonPath) => bootstrap.load(path, name, python.toPy(pythonPath)),
    respond: wsgiHandler.respond,
    stop: bootstrap.stop,
  };
}
