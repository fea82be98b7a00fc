// The numbers of a pool: what they mean, and how they are collected when they are read.

import type { HistogramView } from "./histogram.ts";
import type { PoolContext } from "./pool_context.ts";
import type { PoolWorker, WorkerState } from "./pool_worker.ts";
import type { WorkerSet } from "./worker_set.ts";
import type { WorkerKind } from "./worker_thread.ts";

/** What a worker is doing for one exchange. */
export interface WorkStats {
  /** The exchange. */
  readonly requestId: string;
  /** Method of its request. */
  readonly method: string;
  /** Target of its request, as it was sent. */
  readonly target: string;
  /** `head`: the response has not begun. `content`: its content is flowing. */
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
  /** CPU time of its thread in microseconds, as last sent, which happens twice a second while it
   * responds; undefined where the platform does not tell. */
  readonly cpuTime: number | undefined;
  /** What it is doing now. */
  readonly work: readonly WorkStats[];
}

/** A pool, now and so far. */
export interface PoolStats {
  /** What workers are. */
  readonly kind: WorkerKind;
  /** Workers started so far. */
  readonly spawned: number;
  /** Workers that take exchanges. */
  readonly ready: number;
  /** Workers that hold an exchange. */
  readonly busy: number;
  /** Workers that take exchanges and hold none. */
  readonly idle: number;
  /** Exchanges that wait for a worker. */
  readonly queued: number;
  /** Exchanges that were rejected because too many waited, or too long. */
  readonly refused: number;
  /** Workers ended because they passed a deadline: an exchange's, or that of `onWorkerStop`. Those that
   * the pool ends when it stops are not among them. */
  readonly killedWorkers: number;
  /** Workers that ended by themselves. */
  readonly crashedWorkers: number;
  /** Workers whose thread could not be ended in time. */
  readonly abandonedWorkers: number;
  /** How many of their threads still run: such a thread ends when it returns to its event loop. With more
   * than `maxAbandonedWorkers` the pool cannot be relied on. */
  readonly strayThreads: number;
  /** Whether a worker that computes can be ended, as it was tried on the Deno that runs; undefined until
   * it was tried. Never so with `kind` "web". */
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

/** Collects the numbers of a pool.
 *
 * @param context what the pool's parts share
 * @param workerSet the workers
 * @param queued exchanges that wait for a worker
 * @returns the numbers, as they are now */
export function collectPoolStats(
  { canKill, clock, counts, queueTime, runTime, workerKind }: PoolContext,
  workerSet: WorkerSet,
  queued: number,
): PoolStats {
  const now = clock.now();
  return {
    kind: workerKind,
    ready: workerSet.readyCount,
    busy: workerSet.busyCount,
    idle: workerSet.idleCount,
    queued,
    ...counts,
    strayThreads: workerSet.abandonedThreads,
    canKill,
    queueTime: queueTime.view,
    runTime: runTime.view,
    workers: [...workerSet.workers].map((worker) => workerStats(worker, now)),
  };
}

function workerStats(worker: PoolWorker, now: number): WorkerStats {
  return {
    workerId: worker.id,
    state: worker.state,
    age: now - worker.since,
    exchanges: worker.exchanges,
    cpuTime: worker.cpuTime,
    work: [...worker.held].map((pooled) => ({
      requestId: pooled.exchange.requestId,
      method: pooled.exchange.head.method,
      target: pooled.exchange.head.target.raw,
      phase: pooled.headReceived ? "content" : "head",
      elapsed: now - pooled.handedOver,
    })),
  };
}
