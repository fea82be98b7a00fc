// What all parts of a pool share: its options, its clock, its state and its counts.

import { type Clock, TurnTime } from "../io/clock.ts";
import type { LoggedRequest, LogLevel } from "../log/log_event.ts";
import { Histogram } from "./histogram.ts";
import type { WorkerPoolOptions } from "./pool_options.ts";
import type { WorkerKind } from "./worker_thread.ts";

/** `running` once it was started, `stopping` until the last worker has ended. */
export type PoolState = "new" | "running" | "stopping" | "stopped";

/** What all parts of a pool share. */
export class PoolContext {
  readonly options: WorkerPoolOptions;
  readonly clock: Clock;
  /** The time at which exchanges come and end: one time for each turn of the event loop. */
  readonly turn: TurnTime;
  /** How long exchanges waited for a worker. */
  readonly queueTime = new Histogram();
  /** How long they were with a worker. */
  readonly runTime = new Histogram();
  counts = newCounts();
  state: PoolState = "new";
  /** What a worker is. */
  workerKind: WorkerKind;
  /** Whether a worker that computes can be ended; undefined until it was tried. */
  canKill: boolean | undefined;

  /** @param options what the pool is made of
   * @param clock measures its time */
  constructor(options: WorkerPoolOptions, clock: Clock) {
    this.options = options;
    this.clock = clock;
    this.turn = new TurnTime(clock);
    this.workerKind = options.workerKind;
    this.canKill = canKillAlways(options.workerKind);
  }

  /** Notes what a worker is, once that is known. */
  setWorkerKind(workerKind: WorkerKind): void {
    this.workerKind = workerKind;
    this.canKill = canKillAlways(workerKind);
  }

  /** Throws unless the pool is running.
   *
   * @param verb what the caller wants to do, for the message */
  expectRunning(verb: string): void {
    if (this.state === "running") return;
    throw new TypeError(
      `Cannot ${verb}: expected a pool that is running, this one is ${this.state}`,
    );
  }

  /** Sets the histograms and counts back to nothing. */
  clear(): void {
    this.queueTime.clear();
    this.runTime.clear();
    this.counts = newCounts();
  }

  /** Logs an event that belongs to no exchange.
   *
   * @param workerId the worker that it is about
   * @param requests the requests that the worker had */
  log(
    level: LogLevel,
    event: string,
    message: string,
    error?: unknown,
    workerId?: number,
    requests?: readonly LoggedRequest[],
  ): void {
    this.options.onLog({
      ...{ level, event, message },
      ...(error === undefined ? {} : { error }),
      ...(workerId === undefined ? {} : { workerId }),
      ...(requests === undefined || requests.length === 0 ? {} : { requests }),
    });
  }
}

/** Whether workers of a kind can be ended while they compute; undefined when it has to be tried. */
function canKillAlways(workerKind: WorkerKind): boolean | undefined {
  return workerKind === "killable" ? undefined : workerKind === "process";
}

function newCounts() {
  return {
    spawned: 0,
    refused: 0,
    killedWorkers: 0,
    crashedWorkers: 0,
    abandonedWorkers: 0,
    recycledWorkers: 0,
  };
}
