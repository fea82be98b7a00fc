// A thread that an application runs in, as the pool sees it: batches go in and out, it ends at some
// point, it can be ended. There are two kinds, which differ in what the platform lets them do.

import type { BatchMember } from "./wire/messages.ts";
import type { WorkerData } from "./worker/worker_main.ts";

/** `web` is a web Worker: quick to start and to talk to, but not to be ended while it computes.
 * `killable` is a thread of `node:worker_threads` that can be, and whose heap can be bounded. */
export type WorkerKind = "web" | "killable";

/** Why a thread has ended. */
export interface ThreadEnd {
  /** `exit`: the application ended it. `error`: something was thrown and not caught. `memory`: its heap
   * was exhausted. `terminated`: the pool ended it. */
  readonly cause: "exit" | "error" | "memory" | "terminated";
  /** What was thrown, or the exit code. */
  readonly detail: string;
}

/** What happens to a thread; each may be called once it was made. */
export interface ThreadEvents {
  onBatch(batch: BatchMember[]): void;
  /** Called once. Nothing is called after it. */
  onEnd(end: ThreadEnd): void;
}

/** A thread with an application. */
export interface WorkerThread {
  readonly kind: WorkerKind;
  /** Sends a batch; what is sent after the end is dropped. */
  post(batch: BatchMember[], transfer: ArrayBuffer[]): void;
  /** Ends the thread.
   *
   * @returns whether it has really ended: one that could not in time goes on until it comes up for
   * air */
  terminate(): Promise<boolean>;
  /** Waits until a thread that was told to end has.
   *
   * @param signal ends the wait where something is kept for it: it may reject then */
  ended(signal: AbortSignal): Promise<void>;
}

/** Makes threads of one kind. */
export type ThreadFactory = (data: WorkerData, events: ThreadEvents) => WorkerThread;
