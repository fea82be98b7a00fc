// Finds what runs the Python applications of a pool, for the server, which imports this only where there
// are any.

import { cwd } from "node:process";
import { ApplicationLoadError } from "../../application/application_load_error.ts";
import type { LogEvent } from "../../log/log_event.ts";
import type { FindPythonProcesses } from "../../pool/python_processes.ts";
import { ApplicationTable } from "./application_table.ts";
import { findInterpreter } from "./interpreter.ts";
import { ProcessWorker } from "./process_worker.ts";

/** Finds what starts processes.
 *
 * @returns undefined when no interpreter can be used, and the choice is left
 * @throws {ApplicationLoadError} when the one that was asked for cannot be used */
export const findPythonProcesses: FindPythonProcesses = async (
  { python, app, pythonPath, chdir, threads, maxHeap, count, onLog },
) => {
  const applications = new ApplicationTable(app, chdir);
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
  const { command } = found;
  const settings = { command, applications, pythonPath, folder: chdir, threads, maxHeap };
  return (start, callbacks) => new ProcessWorker(start, callbacks, settings);
};

function log(onLog: (event: LogEvent) => void, message: string): void {
  onLog({ level: "info", event: "python-interpreter", message });
}
