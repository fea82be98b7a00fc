// What a pool needs to start processes for applications in Python. The server gives it to
// the entry for processes (python/process/), which it imports only where an application needs it.

import type { AppTree } from "../application/application_tree.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { WorkerFactory } from "./worker_thread.ts";

/** How the processes of a pool are found and started. */
export interface PythonProcessOptions {
  /** `auto`, or the path or the name of an interpreter. */
  readonly python: string;
  /** The applications, all of them in Python. */
  readonly app: AppTree;
  /** Folders and archives with packages, searched last. */
  readonly pythonPath: readonly string[];
  /** Working directory, if not that of the server. */
  readonly chdir: string | undefined;
  /** Threads that run applications in each process. */
  readonly threads: number;
  /** Memory of each in octets, `Infinity` for no limit. */
  readonly maxHeap: number;
  /** How many there are at first, for the log. */
  readonly count: number;
  readonly onLog: (event: LogEvent) => void;
}

/** The entry for processes.
 *
 * @returns what starts them; undefined when no interpreter can be used, and the choice is left */
export type FindPythonProcesses = (
  options: PythonProcessOptions,
) => Promise<WorkerFactory | undefined>;
