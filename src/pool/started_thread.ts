// What have both kinds of thread in common? Nothing is sent to a thread that has ended, and nothing is
// heard of it.

import type { BatchMember } from "./wire/messages.ts";
import type { ThreadEnd, ThreadEvents, WorkerKind, WorkerThread } from "./worker_thread.ts";

/** A worker of the platform. */
type PlatformWorker = Pick<WorkerThread, "post" | "terminate" | "ended">;

/** A thread that was started. */
export class StartedThread implements WorkerThread {
  readonly kind: WorkerKind;
  readonly #worker: PlatformWorker;
  readonly #events: ThreadEvents;
  #ended = false;

  /** @param kind which kind it is
   * @param events who is told
   * @param start makes the worker, which tells its events to what it is given */
  constructor(
    kind: WorkerKind,
    events: ThreadEvents,
    start: (events: ThreadEvents) => PlatformWorker,
  ) {
    this.kind = kind;
    this.#events = events;
    this.#worker = start({
      onBatch: (batch) => {
        if (!this.#ended) events.onBatch(batch);
      },
      onEnd: (end) => this.#end(end),
    });
  }

  post(batch: BatchMember[], transfer: ArrayBuffer[]): void {
    if (!this.#ended) this.#worker.post(batch, transfer);
  }

  terminate(): Promise<boolean> {
    const ended = this.#worker.terminate();
    this.#end({ cause: "terminated", detail: "" });
    return ended;
  }

  ended(signal: AbortSignal): Promise<void> {
    return this.#worker.ended(signal);
  }

  #end(end: ThreadEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.onEnd(end);
  }
}
