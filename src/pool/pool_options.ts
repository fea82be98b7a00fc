// What a pool is made of: the part of a server's options that concerns it, resolved, and what it depends
// on. It names no option twice: ServerOptions explains them, and defaults.ts has their defaults.

import type { AppTree } from "../application/application_tree.ts";
import type { WebSocketLimits } from "../exchange/exchange.ts";
import type { Clock } from "../io/clock.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { PoolOptions } from "../options/server_options.ts";
import type { WorkerFactory, WorkerKind, WorkerSource } from "./worker_thread.ts";

/** What a pool is made of: every option about workers, resolved (see `ServerOptions`), and what the pool
 * needs beside them. */
export interface WorkerPoolOptions extends Readonly<Required<Omit<PoolOptions, "workerKind">>> {
  /** The application: a `ModuleApp`, or several of them by the beginning of the path. */
  readonly app: AppTree;
  /** What a worker is. */
  readonly workerKind: WorkerKind;
  /** Exchanges that one worker may hold whose application blocks. */
  readonly exchangesPerBlockingWorker: number;
  /** Whether more than `queueSize` may wait that can be served within `queueTimeout`. */
  readonly queueGrows: boolean;
  /** Value of the `Server` field. */
  readonly serverName: string;
  /** Value of `SERVER_SOFTWARE`. */
  readonly software?: string;
  /** Highest version of HTTP that is spoken. */
  readonly protocol: "HTTP/1.1" | "HTTP/1.0";
  /** Limits of WebSockets. */
  readonly webSocket?: WebSocketLimits;
  /** Whether what applications print in workers becomes events of the log; false without it. */
  readonly captureOutput?: boolean;
  /** Temporary files that may be open at once; `Infinity` without it. */
  readonly maxSpoolFiles?: number;
  /** Takes log events. */
  readonly onLog: (event: LogEvent) => void;
}

/** What a pool depends on. */
export interface PoolDependencies {
  /** Measures time; without it the system's clock. */
  readonly clock?: Clock;
  /** Starts workers; without it, threads of the kind that the options say. */
  readonly startWorker?: WorkerFactory;
  /** Finds out at the pool's start what starts workers; it may throw an `ApplicationLoadError`. */
  readonly findWorkers?: () => Promise<WorkerSource>;
  /** Tries whether a killable thread that computes can be ended; without it, on the Deno that runs. */
  readonly canKill?: () => Promise<boolean>;
}
