// How does a thread of node:worker_threads begin, and has it ended? Deno says "exit" as soon as it was
// told to end one, even when the thread goes on; but a port of it closes when it is really gone.

import { Worker } from "node:worker_threads";
import { withTimeout } from "../io/with_timeout.ts";

/** What is told about a thread. */
export interface NodeWorkerEvents<Message> {
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
  /** Most that its heap may take, in mebibytes. */
  readonly maxHeapMiB?: number;
}

/** A thread that holds a Web Lock is ended at once, even in the middle of a computation (upstream issue
 * 35657 tells why others go on). So it takes one before anything else. */
export const TAKE_LOCK = `
if (navigator.locks !== undefined) {
  await new Promise((resolve) => navigator.locks.request("robusto " + crypto.randomUUID(), () => {
    resolve();
    return new Promise(() => {});
  }));
}
`;

/** How long a thread may take to go once it was told to; tens of milliseconds are usual. */
const PATIENCE = 1_000;

/** A thread of node:worker_threads. */
export class NodeWorker<Incoming, Outgoing> {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #gone = Promise.withResolvers<void>();
  #terminated = false;
  #thrown: unknown;

  /** Starts it.
   *
   * @param start what it is made with
   * @param events who is told */
  constructor(start: NodeWorkerStart, events: NodeWorkerEvents<Incoming>) {
    const { name, source, data, maxHeapMiB } = start;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)), {
      workerData: { data, port: port2 },
      // deno-lint-ignore no-explicit-any -- a web MessagePort is one of node's here
      transferList: [port2 as any],
      resourceLimits: maxHeapMiB === undefined ? {} : { maxOldGenerationSizeMb: maxHeapMiB },
      name,
    });
    // Large messages take fifty times as long through the worker's own channel.
    port1.onmessage = ({ data }) => events.onMessage(data);
    port1.addEventListener("close", () => this.#gone.resolve());
    this.#worker.on("error", (error: unknown) => this.#thrown = error);
    this.#worker.on("exit", (code: number) => {
      if (this.#terminated) return;
      this.forget();
      events.onExit(code, this.#thrown);
    });
  }

  /** Sends a message. */
  post(message: Outgoing, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  /** Tells it to end.
   *
   * @returns whether it has ended in time */
  async terminate(): Promise<boolean> {
    this.#terminated = true;
    this.#worker.terminate().catch(() => {});
    const ended = await withTimeout(this.#gone.promise.then(() => true), PATIENCE) === true;
    if (ended) this.forget();
    return ended;
  }

  /** Waits until it has ended.
   *
   * @param signal ends the wait: it rejects then */
  async ended(signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      await Promise.race([this.#gone.promise, stopped.promise]);
    } finally {
      signal.removeEventListener("abort", stop);
      this.forget();
    }
  }

  /** Waits for nothing that it may still say. */
  forget(): void {
    this.#port.close();
  }
}
