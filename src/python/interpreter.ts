// How does a Python interpreter get into this thread, and what does it see of the process? CPython in
// WebAssembly, with the process's files at their own paths, its environment and its standard output.
// One thread has one interpreter; it shares nothing with those of other threads.

import { readdirSync } from "node:fs";
import process from "node:process";
import ANSWERING from "./answering.py" with { type: "text" };
import LOADING from "./loading.py" with { type: "text" };
import { loadPyodide, type PyBuffer, type PyodideAPI } from "./pyodide.ts";

/** Where this package is in the interpreter; its own library is on the search path already. */
const PACKAGE = "/lib/python3.14/site-packages/_robusto";
/** What the interpreter has for itself at its root. */
const OWN_FOLDERS = ["dev", "lib", "proc", "sys"];

/** `answering.py`, as far as it is called from outside. */
export interface Answering {
  readonly resize: (size: number) => PyBuffer;
  readonly connect: (host: object) => void;
  readonly respond: (textSize: number, entries: number, contentSize: number) => number;
}

/** `loading.py`, as far as it is called from outside. */
export interface Loading {
  readonly prepare: (environment: unknown, folder: string) => void;
  readonly load: (path: string, name: string, pythonPath: unknown) => string;
  readonly stop: () => void;
}

/** An interpreter that runs. */
export interface Interpreter {
  readonly python: PyodideAPI;
  readonly answering: Answering;
  readonly loading: Loading;
}

/** Starts an interpreter.
 *
 * @returns the interpreter, with nothing loaded into it
 * @throws {Error} when it cannot be had, such as without a network when it was never cached */
export async function startInterpreter(): Promise<Interpreter> {
  const python = await loadPyodide({ stdin: () => null });
  const { FS } = python;
  mountFolders(python);
  FS.mkdir(PACKAGE);
  FS.writeFile(`${PACKAGE}/__init__.py`, "");
  FS.writeFile(`${PACKAGE}/answering.py`, ANSWERING);
  FS.writeFile(`${PACKAGE}/loading.py`, LOADING);
  const loading: Loading = python.pyimport("_robusto.loading");
  const answering: Answering = python.pyimport("_robusto.answering");
  loading.prepare(python.toPy(environment()), process.cwd());
  return { python, answering, loading };
}

/** Gives the interpreter the process's files. What the permissions of the process do not allow is not
 * allowed inside either: these are its own calls. */
function mountFolders({ FS }: PyodideAPI): void {
  for (const entry of readdirSync("/", { withFileTypes: true })) {
    if (!entry.isDirectory() || OWN_FOLDERS.includes(entry.name)) continue;
    const path = `/${entry.name}`;
    FS.mkdirTree(path);
    FS.mount(FS.filesystems.NODEFS, { root: path }, path);
  }
}

/** The process's environment, without what is meant for another Python. */
function environment(): Record<string, string> {
  const entries = Object.entries(process.env) as [string, string][];
  return Object.fromEntries(entries.filter(([name]) => !/^(PYTHON|LD_|_$)/.test(name)));
}
