// The Python interpreter of this thread: CPython in WebAssembly with the process's surroundings
// (surroundings.ts) and the inside of the gateway in it. There is one for each thread; applications that
// are loaded into the same thread share it as they would share a process.

import process from "node:process";
import ANSWERING from "./wsgi_handler.py" with { type: "text" };
import { SharedBuffer } from "./shared_buffer.ts";
import { PythonCallbacks } from "./python_callbacks.ts";
import LOADING from "./bootstrap.py" with { type: "text" };
import { loadPyodide, type PyBuffer } from "./pyodide.ts";
import { environment, mountFolders } from "./host_environment.ts";

/** Where the inside of the gateway is; its own library is on the interpreter's search path already. */
const PACKAGE = "/lib/python3.14/site-packages/_robusto";

/** `answering.py`, as far as it is called from here. */
interface Answering {
  readonly resize: (size: number) => PyBuffer;
  readonly connect: (host: PythonCallbacks) => void;
  readonly respond: (index: number, textSize: number, count: number, contentSize: number) => number;
}

/** `loading.py`, as far as it is called from here. */
interface Loading {
  readonly prepare: (environment: unknown, folder: string) => void;
  readonly load: (path: string, name: string, pythonPath: unknown) => number | string;
  readonly stop: () => void;
}

/** An interpreter that runs. */
export interface Interpreter {
  /** Memory for what goes in and out. */
  readonly frame: SharedBuffer;
  /** What the inside calls. */
  readonly host: PythonCallbacks;
  /** Loads an application.
   *
   * @param path its module
   * @param name what the module calls it
   * @param pythonPath where packages are looked for, behind all else
   * @returns its number, or Python's own traceback */
  load(path: string, name: string, pythonPath: readonly string[]): number | string;
  /** `respond` of answering.py. */
  readonly respond: Answering["respond"];
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
  FS.writeFile(`${PACKAGE}/answering.py`, ANSWERING);
  FS.writeFile(`${PACKAGE}/loading.py`, LOADING);
  const answering: Answering = python.pyimport("_robusto.answering");
  const loading: Loading = python.pyimport("_robusto.loading");
  const frame = new SharedBuffer(answering.resize);
  const host = new PythonCallbacks(frame);
  answering.connect(host);
  loading.prepare(python.toPy(environment()), process.cwd());
  return {
    frame,
    host,
    load: (path, name, pythonPath) => loading.load(path, name, python.toPy(pythonPath)),
    respond: answering.respond,
    stop: loading.stop,
  };
}
