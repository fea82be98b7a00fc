// Threads that can be ended whatever they do, and whose heap can be bounded. That they can be ended is a
// property of Deno's implementation (node_worker.ts): kill_proof.ts proves it on the Deno that runs, and
// the pool copes where it does not hold.

import { type BatchMember, FromWorker } from "./wire/messages.ts";
import { NodeWorker, TAKE_LOCK } from "../threads/node_worker.ts";
import { StartedThread } from "./started_thread.ts";
import { WORKER_MAIN } from "./worker/worker_main.ts";
import type { ThreadEnd, ThreadFactory } from "./worker_thread.ts";

/** Deno ends a thread whose heap is exhausted by interrupting it. Inside a microtask, which most of a
 * handler is, only that microtask is lost, and the thread goes on without what it was to do: nobody
 * would be answered ever. But V8 has raised the limit then, and that can be seen. */
const WATCH_HEAP = `
const heapLimit = getHeapStatistics().heap_size_limit;
setInterval(() => {
  if (getHeapStatistics().heap_size_limit <= heapLimit) return;
  port.postMessage([0, ${FromWorker.exhausted}, 0, "", null]);
}, 100);
`;

const boot = (watchHeap: boolean) =>
  `import { workerData } from "node:worker_threads";
import { getHeapStatistics } from "node:v8";
const { data, port } = workerData;
${watchHeap ? WATCH_HEAP : ""}
${TAKE_LOCK}
const { startWorker } = await import(${JSON.stringify(WORKER_MAIN)});
await startWorker(data, {
  post: (batch, transfer) => port.postMessage(batch, transfer),
  onMessage: (callback) => { port.onmessage = ({ data }) => callback(data); },
});
`;

/** Makes killable threads.
 *
 * @param maxHeap heap of each in octets, `Infinity` for no limit of its own
 * @returns what starts them */
export function killableThreads(maxHeap: number): ThreadFactory {
  const bounded = Number.isFinite(maxHeap);
  const source = boot(bounded);
  const maxHeapMiB = bounded ? Math.ceil(maxHeap / (1024 * 1024)) : undefined;
  return (data, events) => {
    const start = { name: `robusto ${data.workerId}`, source, data, maxHeapMiB };
    return new StartedThread(
      "killable",
      events,
      ({ onBatch, onEnd }) =>
        new NodeWorker<BatchMember[], BatchMember[]>(start, {
          onMessage: onBatch,
          onExit: (code, thrown) => onEnd(endFor(code, thrown)),
        }),
    );
  };
}

function endFor(code: number, thrown: unknown): ThreadEnd {
  if (thrown === undefined) return { cause: "exit", detail: `exit code ${code}` };
  const outOfMemory = (thrown as { code?: string }).code === "ERR_WORKER_OUT_OF_MEMORY";
  return { cause: outOfMemory ? "memory" : "error", detail: String(thrown) };
}
