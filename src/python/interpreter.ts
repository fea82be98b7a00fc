// Starts the Python interpreter of this thread: CPython in WebAssembly, with the files and environment of
// the process (host_environment.ts) and the Python side of the gateway. There is one for each thread;
// applications in the same thread share it as they would share a process.

import process from "node:process";
import { printedSink } from "../log/captured_console.ts";
import { SharedBuffer } from "./shared_buffer.ts";
import { PythonCallbacks } from "./python_callbacks.ts";
import APPLICATION_LOADER from "./application_loader.py" with { type: "text" };
import BOOTSTRAP from "./bootstrap.py" with { type: "text" };
import ERROR_STREAM from "./error_stream.py" with { type: "text" };
import EVENT_LOOP from "./event_loop.py" with { type: "text" };
import KEY_DERIVATION from "./key_derivation.py" with { type: "text" };
import WSGI_HANDLER from "./wsgi_handler.py" with { type: "text" };
import { keyDerivation } from "./key_derivation.ts";
import { loadPyodide, type PyBuffer } from "./pyodide.ts";
import { environment, mountFolders } from "./host_environment.ts";

/** Folder of the gateway's Python files; it is in Python's library, so it is on the search path. */
const PACKAGE = "/lib/python3.14/site-packages/_robusto";

/** The files of that package by their names. */
const PYTHON_FILES = {
  __init__: "",
  application_loader: APPLICATION_LOADER,
  bootstrap: BOOTSTRAP,
  error_stream: ERROR_STREAM,
  event_loop: EVENT_LOOP,
  key_derivation: KEY_DERIVATION,
  wsgi_handler: WSGI_HANDLER,
};

/** The functions of `wsgi_handler.py` that are called here. */
interface WsgiHandler {
  readonly resize: (size: number) => PyBuffer;
  readonly connect: (callbacks: PythonCallbacks) => void;
  readonly respond: (index: number, textSize: number, count: number, contentSize: number) => number;
}

/** The functions of `bootstrap.py` that are called here. */
interface Bootstrap {
  readonly prepare: (environment: unknown, folder: string) => void;
  readonly load: (path: string, name: string, pythonPath: unknown) => number | string;
  readonly stop: () => void;
}

/** A running interpreter. */
export interface Interpreter {
  /** Memory for requests and responses. */
  readonly buffer: SharedBuffer;
  /** The functions that Python calls. */
  readonly callbacks: PythonCallbacks;
  /** Loads an application.
   *
   * @param path path of its module, or `python:` and the module's name
   * @param name its name in the module
   * @param pythonPath folders and archives with packages, searched last
   * @returns its number, or Python's traceback if it cannot be loaded */
  load(path: string, name: string, pythonPath: readonly string[]): number | string;
  /** `respond` of wsgi_handler.py. */
  readonly respond: WsgiHandler["respond"];
  /** Calls the functions that applications have registered by `atexit`. */
  stop(): void;
}

let ofThisThread: Promise<Interpreter> | undefined;

/** Starts the interpreter of this thread, or returns the running one.
 *
 * @throws {Error} when it cannot be loaded, such as without a network and without a cached copy */
export function startInterpreter(): Promise<Interpreter> {
  return ofThisThread ??= start();
}

async function start(): Promise<Interpreter> {
  const python = await loadPyodide({ stdin: () => null });
  const print = printedSink();
  if (print !== undefined) {
    python.setStdout({ batched: (line) => print("info", line) });
    python.setStderr({ batched: (line) => print("error", line) }); // what code in C writes
  }
  const { FS } = python;
  mountFolders(FS);
  FS.mkdir(PACKAGE);
  for (const [name, source] of Object.entries(PYTHON_FILES)) {
    FS.writeFile(`${PACKAGE}/${name}.py`, source);
  }
  const wsgiHandler: WsgiHandler = python.pyimport("_robusto.wsgi_handler");
  const bootstrap: Bootstrap = python.pyimport("_robusto.bootstrap");
  const buffer = new SharedBuffer(wsgiHandler.resize);
  const callbacks = new PythonCallbacks(buffer);
  wsgiHandler.connect(callbacks);
  python.pyimport("_robusto.key_derivation").install(keyDerivation);
  bootstrap.prepare(python.toPy(environment()), process.cwd());
  return {
    buffer,
    callbacks,
    load: (path, name, pythonPath) => bootstrap.load(path, name, python.toPy(pythonPath)),
    respond: wsgiHandler.respond,
    stop: bootstrap.stop,
  };
}
