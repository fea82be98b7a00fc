// Finds what runs the Python applications of a pool, for the server, which imports this only where there
// are any.

import { cwd } from "node:process";
import { ApplicationLoadError } from "../../application/application_load_error.ts";
import type { AppTree } from "../../application/application_tree.ts";
import type { LogEvent } from "../../log/log_event.ts";
import type { WorkerFactory } from "../../pool/worker_thread.ts";
import { ApplicationTable } from "./application_table.ts";
import { findInterpreter } from "./interpreter.ts";
import { ProcessWorker } from "./process_worker.ts";

/** What the processes of a pool are made of. */
export interface PythonProcessOptions {
  /** `auto`, or the path or the name of an interpreter. */
  readonly python: string;
  /** The applications, all of them in Python. */
  readonly app: AppTree;
  readonly pythonPath: readonly string[];
  /** Threads that run applications in each process. */
  readonly threads: number;
  /** Memory of each in octets, `Infinity` for no limit. */
  readonly maxHeap: number;
  /** How many there are at first, for the log. */
  readonly count: number;
  readonly onLog: (event: LogEvent) => void;
}

/** Finds what starts processes.
 *
 * @returns undefined when no interpreter can be used, and the choice is left
 * @throws {ApplicationLoadError} when the one that was asked for cannot be used */
export async function findPythonProcesses(
  { python, app, pythonPath, threads, maxHeap, count, onLog }: PythonProcessOptions,
): Promise<WorkerFactory | undefined> {
  const applications = new ApplicationTable(app);
  const { found, reasons } = await findInterpreter(python, applications.folders[0] ?? cwd());
  const why = reasons.length === 0 ? "" : `, as ${reasons.join(", and ")}`;
  if (found === undefined) {
    if (python !== "auto") {
      const reason = reasons[0] ?? `there is no ${python}`;
      throw new ApplicationLoadError(`Python cannot be used: ${reason}`);
    }
    const lack = why === "" ? ", as there is no python3" : why;
    log(onLog, `python embedded (CPython in WebAssembly)${lack}`);
    return undefined;
  }
  const processes = count === 1 ? "1 process" : `${count} processes`;
  log(onLog, `python ${found.command} (${found.version}), ${processes}${why}`);
  const settings = { command: found.command, applications, pythonPath, threads, maxHeap };
  return (start, callbacks) => new ProcessWorker(start, callbacks, settings);
}

function log(onLog: (event: LogEvent) => void, message: string): void {
  onLog({ level: "info", event: "python-interpreter", message });
}
