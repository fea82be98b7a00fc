// Web Workers: the quickest threads to start and to talk to. What they cannot do is in
// worker_thread.ts.

import type { BatchMember } from "./wire/messages.ts";
import { StartedThread } from "./started_thread.ts";
import { WebWorker } from "../threads/web_worker.ts";
import { WORKER_MAIN, type WorkerData } from "./worker/worker_main.ts";
import type { ThreadEvents, WorkerThread } from "./worker_thread.ts";

/** Starts a web Worker. */
export function startWebThread(data: WorkerData, events: ThreadEvents): WorkerThread {
  const name = `robusto ${data.workerId}`;
  const start = { name, main: WORKER_MAIN, start: "startWorker", data };
  return new StartedThread(
    "web",
    events,
    ({ onBatch, onEnd }) =>
      new WebWorker<BatchMember[], BatchMember[]>(start, {
        onMessage: onBatch,
        onError: (message) => onEnd({ cause: "error", detail: message }),
      }),
  );
}
