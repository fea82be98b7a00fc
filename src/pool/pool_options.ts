// What is a pool made of? The part of a server's options that concerns it, resolved, and what it lives
// on. No defaults here: options.ts has them.

import type { Clock } from "../io/clock.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { AppTree } from "../application/application_tree.ts";
import type { WorkerFactory, WorkerKind } from "./worker_thread.ts";

/** What a pool is made of. All durations are milliseconds. */
export interface WorkerPoolOptions {
  /** The application: a `ModuleApp`, or several of them by the beginning of the path. */
  readonly app: AppTree;
  /** What a worker is. */
  readonly workerKind: WorkerKind;
  /** Workers that are kept. */
  readonly minWorkers: number;
  /** Workers that there may be. */
  readonly maxWorkers: number;
  /** Exchanges that one worker may hold. */
  readonly exchangesPerWorker: number;
  /** Exchanges that one worker may hold whose application blocks. */
  readonly exchangesPerBlockingWorker: number;
  /** Exchanges that may wait; more are answered 503. */
  readonly queueSize: number;
  /** Longest wait for a worker; past it 503. */
  readonly queueTimeout: number;
  /** Longest time from hand-over to the head of the answer; past it 504. */
  readonly handlerTimeout: number;
  /** Longest time from hand-over to the end of the answer; past it the connection is cut. */
  readonly responseTimeout: number;
  /** How long a worker beyond `minWorkers` stays without work. */
  readonly workerIdleTimeout: number;
  /** Exchanges after which a worker is replaced. */
  readonly maxExchangesPerWorker: number;
  /** Age at which a worker is replaced. */
  readonly maxWorkerAge: number;
  /** Heap of a killable worker, in octets. */
  readonly maxWorkerHeap: number;
  /** Threads that could not be ended; with more the pool is not to be relied on. */
  readonly maxAbandonedWorkers: number;
  /** Value of the `Server` field. */
  readonly serverName: string;
  /** Highest version of HTTP that is spoken. */
  readonly protocol: "HTTP/1.1" | "HTTP/1.0";
  /** Takes log events. */
  readonly onLog: (event: LogEvent) => void;
}

/** What a pool lives on. */
export interface PoolDependencies {
  /** Where time comes from; the system's without it. */
  readonly clock?: Clock;
  /** Starts workers; without it, threads of the kind that the options say. */
  readonly startWorker?: WorkerFactory;
  /** Tries whether a killable thread that computes can be ended; on the Deno that runs without it. */
  readonly canKill?: () => Promise<boolean>;
}
