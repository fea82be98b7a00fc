// What a pool has done and is doing, in numbers.

import type { HistogramView } from "./histogram.ts";
import type { WorkerKind } from "./worker_thread.ts";
import type { WorkerState } from "./pool_worker.ts";

/** What a worker is doing for one exchange. */
export interface WorkStats {
  /** The exchange. */
  readonly requestId: string;
  /** Method of its request. */
  readonly method: string;
  /** Target of its request, as it was sent. */
  readonly target: string;
  /** `head`: the answer has not begun. `content`: its content is flowing. */
  readonly phase: "head" | "content";
  /** Milliseconds since it was handed over. */
  readonly elapsed: number;
}

/** One worker, now. */
export interface WorkerStats {
  /** Number of the worker; never used twice in a pool. */
  readonly workerId: number;
  /** Where it is in its life. */
  readonly state: WorkerState;
  /** Milliseconds since it was started. */
  readonly age: number;
  /** Exchanges that it was handed. */
  readonly exchanges: number;
  /** CPU time of its thread in microseconds, as it last told, which it does twice a second while it
   * answers; undefined where the platform does not tell. */
  readonly cpuTime: number | undefined;
  /** What it is doing now. */
  readonly work: readonly WorkStats[];
}

/** A pool, now and so far. */
export interface PoolStats {
  /** Kind of thread that workers are. */
  readonly kind: WorkerKind;
  /** Workers started so far. */
  readonly spawned: number;
  /** Workers that take exchanges. */
  readonly ready: number;
  /** Workers that hold an exchange. */
  readonly busy: number;
  /** Workers that hold none. */
  readonly idle: number;
  /** Exchanges that wait for a worker. */
  readonly queued: number;
  /** Exchanges that were refused because too many waited, or too long. */
  readonly refused: number;
  /** Workers ended because they passed a deadline: an exchange's, or that of `onWorkerStop`. Those that
   * the pool ends when it stops are not among them. */
  readonly killedWorkers: number;
  /** Workers that ended by themselves. */
  readonly crashedWorkers: number;
  /** Workers given up whose thread could not be ended in time. */
  readonly abandonedWorkers: number;
  /** Those of their threads that go on now: a thread ends when it comes up for air. With more than
   * `maxAbandonedWorkers` the pool cannot be relied on. */
  readonly strayThreads: number;
  /** Whether a worker that computes can be ended, as it was tried on the Deno that runs; undefined as
   * long as that is not known. Never so with `kind` "web". */
  readonly canKill: boolean | undefined;
  /** Workers replaced for their age or their number of exchanges. */
  readonly recycledWorkers: number;
  /** How long exchanges waited for a worker. */
  readonly queueTime: HistogramView;
  /** How long they were with one. */
  readonly runTime: HistogramView;
  /** Every worker. */
  readonly workers: readonly WorkerStats[];
}
