// The inside of a worker in the thread of the test, so that its application can be a closure. Messages
// are copied as between threads, and come in a turn of their own.

import { MessageBatcher } from "../../src/pool/wire/message_batcher.ts";
import { runWorker, type WorkerData } from "../../src/pool/worker/worker_main.ts";
import type { BatchMember } from "../../src/pool/wire/messages.ts";
import type { ThreadEvents, ThreadFactory, WorkerThread } from "../../src/pool/worker_thread.ts";

/** Starts a worker that is no thread. */
export const startLocalThread: ThreadFactory = (data, events) => new LocalThread(data, events);

class LocalThread implements WorkerThread {
  readonly kind = "web";
  readonly #port: MessagePort;
  readonly #inside: MessagePort;
  readonly #events: ThreadEvents;
  #ended = false;

  constructor(data: WorkerData, events: ThreadEvents) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#inside = port2;
    this.#events = events;
    port1.onmessage = ({ data }: MessageEvent<BatchMember[]>) => {
      if (!this.#ended) events.onBatch(data);
    };
    const batcher = new MessageBatcher((batch, transfer) => port2.postMessage(batch, transfer));
    void runWorker(data, batcher, {
      onMessage: (take) => port2.onmessage = ({ data }: MessageEvent<BatchMember[]>) => take(data),
    });
  }

  post(batch: BatchMember[], transfer: ArrayBuffer[]): void {
    if (!this.#ended) this.#port.postMessage(batch, transfer);
  }

  terminate(): Promise<boolean> {
    if (!this.#ended) {
      this.#ended = true;
      this.#port.close();
      this.#inside.close();
      this.#events.onEnd({ cause: "terminated", detail: "" });
    }
    return Promise.resolve(true);
  }

  ended(): Promise<void> {
    return Promise.resolve();
  }
}
