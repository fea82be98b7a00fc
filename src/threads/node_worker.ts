// Starts threads of node:worker_threads and tells when they have ended. Deno says "exit" as soon as it was
// told to end a thread, even while the thread still runs; but a port of it closes when it has really
// ended.

import { caught, MessageChannel, Promise, race, then, URL } from "../io/platform.ts";
import { Worker } from "node:worker_threads";
import { withTimeout } from "../io/with_timeout.ts";

/** What a thread calls. */
export interface NodeWorkerCallbacks<Message> {
  onMessage(message: Message): void;
  /** It has ended by itself. */
  onExit(code: number, thrown: unknown): void;
}

/** What a thread is made with. */
export interface NodeWorkerStart {
  /** Shown by tools for developers. */
  readonly name: string;
  /** Module that it runs; `workerData` in it are `data` and `port`. */
  readonly source: string;
  readonly data: unknown;
  /** Largest heap, in mebibytes. */
  readonly maxHeapMiB?: number;
}

/** A thread that holds a Web Lock is ended at once, even in the middle of a computation; others are not
 * (denoland/deno issue 35657 says why). So a thread takes one before it does anything else. */
export const TAKE_LOCK = `
if (navigator.locks !== undefined) {
  await new Promise((resolve) => navigator.locks.request("robusto " + crypto.randomUUID(), () => {
    resolve();
    return new Promise(() => {});
  }));
}
`;

/** Gives a thread of Node the global names of a web Worker: applications find them on `deno serve`, and
 * libraries ask for them. `require` is a name that only such a thread has. */
const NAMES_OF_WEB_WORKER = `
globalThis.self ??= globalThis;
globalThis.WorkerGlobalScope ??= globalThis.DedicatedWorkerGlobalScope;
delete globalThis.require;
`;

/** How long a thread may take to end once it was told to; tens of milliseconds are usual. */
const END_TIMEOUT = 1_000;

/** Source of a module that calls a function of another module with `data` and a `ThreadPort`.
 *
 * @param main URL of the other module
 * @param start name of the function in it
 * @returns the source */
export function entrySource(main: string, start: string): string {
  return `import { workerData } from "node:worker_threads";
const { data, port } = workerData;
// The application can import workerData too.
delete workerData.data;
delete workerData.port;
const post = port.postMessage.bind(port);
${NAMES_OF_WEB_WORKER}
${TAKE_LOCK}
const { ${start} } = await import(${JSON.stringify(main)});
await ${start}(data, {
  post,
  onMessage: (callback) => { port.onmessage = ({ data }) => callback(data); },
});
`;
}

/** How long a thread that is told to end may go on loading modules, in milliseconds. Deno 2.9.6 sometimes ends
 * the whole process with a panic when such a thread is ended within an import (deno_core, modules/map.rs:
 * "isolate_liveness"). */
const LOADING_GRACE = 5_000;

/** A thread of node:worker_threads. */
export class NodeWorker<Incoming> {
  /** Leads to the thread. Large messages take fifty times as long through the worker's own channel. */
  readonly target: MessagePort;
  readonly #worker: Worker;
  readonly #hasEnded = Promise.withResolvers<void>();
  /** Resolves at the first message: the thread has loaded its modules, or could not. */
  readonly #hasLoaded = Promise.withResolvers<void>();
  #terminated = false;
  #thrown: unknown;

  /** Starts the thread.
   *
   * @param start what it is made with
   * @param callbacks what it calls */
  constructor(start: NodeWorkerStart, callbacks: NodeWorkerCallbacks<Incoming>) {
    const { name, source, data, maxHeapMiB } = start;
    const { port1, port2 } = new MessageChannel();
    this.target = port1;
    this.#worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)), {
      workerData: { data, port: port2 },
      // deno-lint-ignore no-explicit-any -- a web MessagePort is one of node's here
      transferList: [port2 as any],
      resourceLimits: maxHeapMiB === undefined ? {} : { maxOldGenerationSizeMb: maxHeapMiB },
      name,
    });
    const take = ({ data }: MessageEvent<Incoming>) => callbacks.onMessage(data);
    port1.onmessage = (event) => {
      port1.onmessage = take;
      this.#hasLoaded.resolve();
      take(event);
    };
    port1.addEventListener("close", () => this.#hasEnded.resolve());
    this.#worker.on("error", (error: unknown) => this.#thrown = error);
    this.#worker.on("exit", (code: number) => {
      if (this.#terminated) return;
      this.close();
      callbacks.onExit(code, this.#thrown);
    });
  }

  /** Tells the thread to end.
   *
   * @returns whether it has ended in time */
  async terminate(): Promise<boolean> {
    this.#terminated = true;
    await withTimeout(
      race([this.#hasLoaded.promise, this.#hasEnded.promise]),
      LOADING_GRACE,
    );
    caught(this.#worker.terminate(), () => {});
    const ended = await withTimeout(then(this.#hasEnded.promise, () => true), END_TIMEOUT) === true;
    if (ended) this.close();
    return ended;
  }

  /** Waits until the thread has ended.
   *
   * @param signal ends the wait: it rejects then */
  async ended(signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      await race([this.#hasEnded.promise, stopped.promise]);
    } finally {
      signal.removeEventListener("abort", stop);
      this.close();
    }
  }

  /** Takes no more messages. */
  close(): void {
    this.target.close();
  }
}
