// Web Workers: the quickest threads to start and to talk to. What they cannot do is in
// worker_thread.ts.

import type { BatchMember } from "./messages.ts";
import { FromWorker } from "./messages.ts";
import type { ThreadEnd, ThreadEvents, WorkerThread } from "./worker_thread.ts";
import { WORKER_MAIN, type WorkerData } from "./worker_main.ts";

/** What a worker runs first. It begins with the pool's own module and not with the application, so that
 * one file is the inside of every kind of worker. Deno ends a web Worker that calls `self.close` or
 * `Deno.exit` without a word, so both say it first. */
const BOOT = `
import { startWorker } from ${JSON.stringify(WORKER_MAIN)};
const post = self.postMessage.bind(self);
const close = self.close.bind(self);
const exit = Deno.exit.bind(Deno);
self.close = () => { post([0, ${FromWorker.exiting}, 0, "self.close()", 0]); close(); };
Deno.exit = (code = 0) => { post([0, ${FromWorker.exiting}, 0, "Deno.exit()", code]); exit(code); };
self.onmessage = ({ data }) => startWorker(data, {
  post,
  onBatch: (callback) => self.onmessage = ({ data }) => callback(data),
});
`;

const BOOT_URL = "data:text/javascript," + encodeURIComponent(BOOT);

/** Starts a web Worker. */
export function startWebThread(data: WorkerData, events: ThreadEvents): WorkerThread {
  return new WebThread(data, events);
}

class WebThread implements WorkerThread {
  readonly kind = "web";
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  #ended = false;

  constructor(data: WorkerData, events: ThreadEvents) {
    this.#events = events;
    this.#worker = new Worker(BOOT_URL, { type: "module", name: `robusto ${data.workerId}` });
    this.#worker.onmessage = ({ data }) => {
      if (!this.#ended) events.onBatch(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or Deno ends the whole process
      this.#end({ cause: "error", detail: event.message });
    };
    this.#worker.postMessage(data);
  }

  post(batch: BatchMember[], transfer: ArrayBuffer[]): void {
    if (!this.#ended) this.#worker.postMessage(batch, transfer);
  }

  terminate(): Promise<boolean> {
    this.#worker.terminate();
    this.#end({ cause: "terminated", detail: "" });
    return Promise.resolve(false);
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
