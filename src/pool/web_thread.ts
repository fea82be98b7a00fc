// Web Workers: the quickest threads to start and to talk to. What they cannot do is in
// worker_thread.ts.

import type { BatchMember } from "./messages.ts";
import { WebWorker } from "./web_worker.ts";
import { WORKER_MAIN, type WorkerData } from "./worker_main.ts";
import type { ThreadEnd, ThreadEvents, WorkerThread } from "./worker_thread.ts";

/** Starts a web Worker. */
export function startWebThread(data: WorkerData, events: ThreadEvents): WorkerThread {
  return new WebThread(data, events);
}

class WebThread implements WorkerThread {
  readonly kind = "web";
  readonly #worker: WebWorker<BatchMember[], BatchMember[]>;
  readonly #events: ThreadEvents;
  #ended = false;

  constructor(data: WorkerData, events: ThreadEvents) {
    this.#events = events;
    const name = `robusto ${data.workerId}`;
    this.#worker = new WebWorker({ name, main: WORKER_MAIN, start: "startWorker", data }, {
      onMessage: (batch) => {
        if (!this.#ended) events.onBatch(batch);
      },
      onError: (message) => this.#end({ cause: "error", detail: message }),
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

  cpuTime(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  #end(end: ThreadEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.onEnd(end);
  }
}
