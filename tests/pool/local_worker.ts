// The inside of a worker in the thread of the test, so that its application can be a closure.

import { runWorker } from "../../src/pool/worker/worker_main.ts";
import type {
  WorkerFactory,
  WorkerHandle,
  WorkerHandleCallbacks,
  WorkerStart,
} from "../../src/pool/worker_thread.ts";
import { MemoryPoolChannel, MemoryWorkerChannel } from "./memory_channel.ts";

/** Starts a worker that is no thread. */
export const startLocalWorker: WorkerFactory = (start, callbacks) =>
  new LocalWorker(start, callbacks);

class LocalWorker implements WorkerHandle {
  readonly channel: MemoryWorkerChannel;
  readonly #inside = new MemoryPoolChannel(() => this.channel);
  readonly #callbacks: WorkerHandleCallbacks;
  #ended = false;

  constructor({ data, slotCount }: WorkerStart, callbacks: WorkerHandleCallbacks) {
    this.#callbacks = callbacks;
    this.channel = new MemoryWorkerChannel(
      callbacks,
      slotCount,
      (messages, batch) => this.#inside.take(messages, batch),
    );
    void runWorker(data, this.#inside);
  }

  terminate(): Promise<boolean> {
    if (!this.#ended) {
      this.#ended = true;
      this.#inside.close();
      this.#callbacks.onEnd({ cause: "terminated", detail: "" });
    }
    return Promise.resolve(true);
  }

  ended(): Promise<void> {
    return Promise.resolve();
  }
}
