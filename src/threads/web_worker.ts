// Starts web Workers and tells when they have ended. They begin with a module of this program and not with
// the application, so that one file is the inside of every kind of worker. Each holds a Web Lock while it
// runs: Deno does not tell when a web Worker has really ended, but hands its lock on.

import {
  AbortController,
  clearTimeout,
  DOMException,
  Promise,
  setTimeout,
  Worker,
} from "../io/platform.ts";

/** What a web Worker calls. */
export interface WebWorkerCallbacks<Message> {
  onMessage(message: Message): void;
  /** It threw an error that was not caught, and has ended. */
  onError(message: string): void;
}

/** What a web Worker is made with. */
export interface WebWorkerStart {
  /** Shown by tools for developers. */
  readonly name: string;
  /** URL of the module. */
  readonly main: string;
  /** Name of the function in it that is called with `data` and a `ThreadPort`. */
  readonly start: string;
  readonly data: unknown;
}

/** Deno has it; its types do not say so yet. */
const { locks } = navigator as {
  readonly locks?: {
    request(name: string, options: { signal: AbortSignal }, granted: () => void): Promise<void>;
  };
};

/** How long a worker may take to end once it was told to; a few milliseconds are usual, and a worker that
 * computes does not end at all. */
const END_TIMEOUT = 250;

/** The source of a worker's first module. A web Worker talks to its parent by members of its global scope,
 * which its application can replace or call. So this takes them before the application is loaded: `post`
 * is the platform's own `postMessage`, and this listener is the first and lets no other see a message of
 * the parent. Only those are trusted; an event that the application dispatches is not. */
const boot = ({ main, start }: WebWorkerStart) => `
import { ${start} } from ${JSON.stringify(main)};
const post = self.postMessage.bind(self);
let take = ({ lock, data }) => {
  navigator.locks?.request(lock, () => new Promise(() => {}));
  ${start}(data, { post, onMessage: (callback) => take = callback });
};
self.addEventListener("message", (event) => {
  if (!event.isTrusted) return;
  event.stopImmediatePropagation();
  take(event.data);
});
`;

/** A web Worker. */
export class WebWorker<Incoming, Outgoing> {
  readonly #worker: Worker;
  readonly #lock = `robusto ${crypto.randomUUID()}`;

  /** Starts the worker.
   *
   * @param start what it is made with
   * @param callbacks what it calls */
  constructor(start: WebWorkerStart, callbacks: WebWorkerCallbacks<Incoming>) {
    const url = "data:text/javascript," + encodeURIComponent(boot(start));
    this.#worker = new Worker(url, { type: "module", name: start.name });
    this.#worker.onmessage = ({ data }) => callbacks.onMessage(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or Deno ends the whole process
      callbacks.onError(event.message);
    };
    this.#worker.postMessage({ lock: this.#lock, data: start.data });
  }

  /** Where messages to it are posted. */
  get target(): Worker {
    return this.#worker;
  }

  /** Sends a message. */
  post(message: Outgoing, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Tells the worker to end.
   *
   * @returns whether it has ended; a worker that computes runs until it returns to its event loop */
  async terminate(): Promise<boolean> {
    this.#worker.terminate();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), END_TIMEOUT);
    try {
      await this.ended(late.signal);
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until the worker has ended.
   *
   * @param signal ends the wait: it rejects then */
  async ended(signal: AbortSignal): Promise<void> {
    if (locks === undefined) {
      throw new DOMException(
        "Cannot wait for the end of a web Worker: there are no Web Locks",
        "NotSupportedError",
      );
    }
    await locks.request(this.#lock, { signal }, () => {});
  }
}
