// Starts workers that are threads of this process. There are two kinds, which differ in what the platform
// lets them do. WorkerHandle and WorkerFactory say what the pool needs of a worker of any kind.

import { entrySource, NodeWorker } from "../threads/node_worker.ts";
import { WebWorker } from "../threads/web_worker.ts";
import { type Batch, PostedWorkerChannel, type PostTarget } from "./wire/posted_channel.ts";
import type { WorkerChannel, WorkerChannelCallbacks } from "./wire/worker_channel.ts";
import { type ThreadData, WORKER_MAIN, type WorkerData } from "./worker/worker_main.ts";

/** What a worker is. `web` is a web Worker: quick to start and to talk to, but not to be ended while it
 * computes. `killable` is a thread of `node:worker_threads` that can be, and whose heap can be bounded.
 * `process` is a process of another program: CPython. */
export type WorkerKind = "web" | "killable" | "process";

/** What a worker is that is a thread. */
export type ThreadKind = Exclude<WorkerKind, "process">;

/** Why a worker has ended. */
export interface WorkerEnd {
  /** `exit`: the application ended it. `error`: an error was thrown and not caught. `memory`: its heap was
   * exhausted. `timeout`: it has not come back to its event loop in time. `terminated`: the pool ended it
   * for another reason. */
  readonly cause: "exit" | "error" | "memory" | "timeout" | "terminated";
  /** What was thrown, or the exit code. */
  readonly detail: string;
  /** Why a message of it was not understood. */
  readonly error?: unknown;
}

/** What a worker is started with. */
export interface WorkerStart {
  /** Plain data for the inside of the worker. */
  readonly data: WorkerData;
  /** How many exchanges it may hold, those that were taken back included. */
  readonly slotCount: number;
}

/** What a running worker calls; nothing before its factory has returned it. */
export interface WorkerHandleCallbacks extends WorkerChannelCallbacks {
  /** The worker has ended. Called once. */
  onEnd(end: WorkerEnd): void;
}

/** A running worker. */
export interface WorkerHandle {
  readonly channel: WorkerChannel;
  /** Ends the worker. To be called once.
   *
   * @returns whether it has really ended; a thread that could not be ended in time runs until it returns
   * to its event loop */
  terminate(): Promise<boolean>;
  /** Waits for the end of a worker that was told to end.
   *
   * @param signal ends the wait where the wait holds a resource: it may reject then */
  ended(signal: AbortSignal): Promise<void>;
}

/** Starts workers of one kind. */
export type WorkerFactory = (start: WorkerStart, callbacks: WorkerHandleCallbacks) => WorkerHandle;

/** Workers of one kind. */
export interface WorkerSource {
  readonly kind: WorkerKind;
  readonly startWorker: WorkerFactory;
}

/** Starts threads.
 *
 * @param options their kind, and the heap of each in octets, `Infinity` for the platform's own limit
 * @returns what starts them */
export function threadFactory(
  { workerKind, maxWorkerHeap }: {
    readonly workerKind: WorkerKind;
    readonly maxWorkerHeap: number;
  },
): WorkerFactory {
  const startThread = workerKind === "killable" ? killableStarter(maxWorkerHeap) : startWeb;
  return (start, callbacks) => new WorkerThread(start, callbacks, startThread);
}

/** A thread of the platform. */
interface PlatformThread {
  readonly target: PostTarget;
  terminate(): Promise<boolean>;
  ended(signal: AbortSignal): Promise<void>;
}

interface PlatformThreadCallbacks {
  onMessage(batch: Batch): void;
  onEnd(end: WorkerEnd): void;
}

type StartPlatformThread = (
  data: ThreadData,
  callbacks: PlatformThreadCallbacks,
) => PlatformThread;

class WorkerThread implements WorkerHandle {
  readonly channel: PostedWorkerChannel;
  readonly #callbacks: WorkerHandleCallbacks;
  readonly #thread: PlatformThread;
  #ended = false;

  constructor(
    { data, slotCount }: WorkerStart,
    callbacks: WorkerHandleCallbacks,
    startThread: StartPlatformThread,
  ) {
    const channel = new PostedWorkerChannel(callbacks, slotCount);
    this.channel = channel;
    this.#callbacks = callbacks;
    this.#thread = startThread({ ...data, memory: channel.memory }, {
      onMessage: (batch) => channel.receive(batch),
      onEnd: (end) => this.#end(end),
    });
    channel.open(this.#thread.target);
  }

  terminate(): Promise<boolean> {
    const ended = this.#thread.terminate();
    this.#end({ cause: "terminated", detail: "" });
    return ended;
  }

  ended(signal: AbortSignal): Promise<void> {
    return this.#thread.ended(signal);
  }

  #end(end: WorkerEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.channel.close();
    this.#callbacks.onEnd(end);
  }
}

function startWeb(data: ThreadData, { onMessage, onEnd }: PlatformThreadCallbacks): PlatformThread {
  const start = { name: nameOf(data), main: WORKER_MAIN, start: "runInThread", data };
  return new WebWorker<Batch, Batch>(start, {
    onMessage,
    onError: (message) => onEnd({ cause: "error", detail: message }),
  });
}

/** Threads that can be ended while they compute, and whose heap can be bounded. That they can be ended is
 * a property of Deno's implementation (node_worker.ts): kill_probe.ts proves it on the Deno that runs,
 * and the pool copes where it does not hold. */
function killableStarter(maxHeap: number): StartPlatformThread {
  const bounded = Number.isFinite(maxHeap);
  const source = entrySource(WORKER_MAIN, "runInThread");
  const maxMemory = bounded ? maxHeap : undefined;
  const maxHeapMiB = bounded ? Math.ceil(maxHeap / (1024 * 1024)) : undefined;
  return (data, { onMessage, onEnd }) =>
    new NodeWorker<Batch>(
      { name: nameOf(data), source, data: { ...data, maxMemory }, maxHeapMiB },
      {
        onMessage,
        onExit: (code, thrown) => onEnd(endFor(code, thrown)),
      },
    );
}

function endFor(code: number, thrown: unknown): WorkerEnd {
  if (thrown === undefined) return { cause: "exit", detail: `exit code ${code}` };
  const outOfMemory = (thrown as { code?: string }).code === "ERR_WORKER_OUT_OF_MEMORY";
  return { cause: outOfMemory ? "memory" : "error", detail: String(thrown) };
}

function nameOf({ workerId }: WorkerData): string {
  return `robusto ${workerId}`;
}
