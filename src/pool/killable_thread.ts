// Threads of node:worker_threads. Deno ends such a thread at once, even in the middle of a computation,
// when it holds a Web Lock (upstream issue 35657 tells why a web Worker goes on), so it takes one before
// it loads the application. That is a property of the implementation: `canKill` proves it on the Deno
// that runs, and the pool copes where it does not hold.

import { Worker } from "node:worker_threads";
import { type BatchMember, FromWorker } from "./messages.ts";
import { WORKER_MAIN, type WorkerData } from "./worker_main.ts";
import type { ThreadEnd, ThreadEvents, ThreadFactory, WorkerThread } from "./worker_thread.ts";

const TAKE_LOCK = `
import { workerData } from "node:worker_threads";
await new Promise((resolve) => navigator.locks.request("robusto-" + crypto.randomUUID(), () => {
  resolve();
  return new Promise(() => {});
}));
`;

/** Deno ends a thread whose heap is exhausted by interrupting it. Inside a microtask, which most of a
 * handler is, only that microtask is lost, and the thread goes on without what it was to do: nobody
 * would be answered ever. But V8 has raised the limit then, and that can be seen. */
const WATCH_HEAP = `
const heapLimit = getHeapStatistics().heap_size_limit;
setInterval(() => {
  if (getHeapStatistics().heap_size_limit <= heapLimit) return;
  workerData.port.postMessage([0, ${FromWorker.exhausted}, 0, "", null]);
}, 100);
`;

const boot = (watchHeap: boolean) =>
  `import { getHeapStatistics } from "node:v8";
${watchHeap ? WATCH_HEAP : ""}
${TAKE_LOCK}
const { port, ...data } = workerData;
const { startWorker } = await import(${JSON.stringify(WORKER_MAIN)});
await startWorker(data, {
  post: (batch, transfer) => port.postMessage(batch, transfer),
  onBatch: (callback) => { port.onmessage = ({ data }) => callback(data); },
});
`;

/** How long a thread may take to go once it was told to; tens of milliseconds are usual. */
const KILL_PATIENCE = 1_000;

/** Makes killable threads.
 *
 * @param maxHeap heap of each in octets, `Infinity` for no limit of its own
 * @returns what starts them */
export function killableThreads(maxHeap: number): ThreadFactory {
  return (data, events) => new KillableThread(data, events, maxHeap);
}

/** Proves that a thread in an endless loop can be ended.
 *
 * @returns whether it ended */
export async function canKill(): Promise<boolean> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const loop =
    `${TAKE_LOCK} Atomics.store(workerData, 0, 1); Atomics.notify(workerData, 0); for (;;);`;
  const worker = new Worker(moduleUrl(loop), { workerData: flag });
  const looping = Atomics.waitAsync(flag, 0, 0, KILL_PATIENCE * 5);
  if (looping.async) await looping.value;
  return await terminated(worker);
}

/** Deno has it; its types do not say so yet. */
interface CpuTeller {
  cpuUsage(): Promise<{ readonly user: number; readonly system: number }>;
}

class KillableThread implements WorkerThread {
  readonly kind = "killable";
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #events: ThreadEvents;
  #thrown: unknown;
  #ended = false;

  constructor(data: WorkerData, events: ThreadEvents, maxHeap: number) {
    this.#events = events;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const resourceLimits = Number.isFinite(maxHeap)
      ? { maxOldGenerationSizeMb: Math.ceil(maxHeap / (1024 * 1024)) }
      : {};
    this.#worker = new Worker(moduleUrl(boot(Number.isFinite(maxHeap))), {
      workerData: { ...data, port: port2 },
      // deno-lint-ignore no-explicit-any -- a web MessagePort is one of node's here
      transferList: [port2 as any],
      resourceLimits,
      name: `robusto ${data.workerId}`,
    });
    // Large messages take fifty times as long through the worker's own channel.
    port1.onmessage = ({ data }) => {
      if (!this.#ended) events.onBatch(data);
    };
    this.#worker.on("error", (error: unknown) => this.#thrown = error);
    this.#worker.on("exit", (code: number) => this.#end(this.#endFor(code)));
  }

  post(batch: BatchMember[], transfer: ArrayBuffer[]): void {
    if (!this.#ended) this.#port.postMessage(batch, transfer);
  }

  async terminate(): Promise<boolean> {
    this.#end({ cause: "terminated", detail: "" });
    return await terminated(this.#worker);
  }

  async cpuTime(): Promise<number | undefined> {
    if (this.#ended) return undefined;
    try {
      const { user, system } = await (this.#worker as Worker & CpuTeller).cpuUsage();
      return user + system;
    } catch {
      return undefined; // it has just ended
    }
  }

  #endFor(code: number): ThreadEnd {
    if (this.#thrown === undefined) return { cause: "exit", detail: `exit code ${code}` };
    const error = this.#thrown as { code?: string };
    const cause = error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "error";
    return { cause, detail: String(this.#thrown) };
  }

  #end(end: ThreadEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.close();
    this.#events.onEnd(end);
  }
}

async function terminated(worker: Worker): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, KILL_PATIENCE, false);
  });
  const gone = new Promise<true>((resolve) => worker.on("exit", () => resolve(true)));
  worker.terminate().catch(() => {});
  const ended = await Promise.race([gone, late]);
  clearTimeout(timer);
  return ended;
}

function moduleUrl(source: string): URL {
  return new URL("data:text/javascript," + encodeURIComponent(source));
}
