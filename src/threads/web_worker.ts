// How does a web Worker of ours begin, and has it ended? It begins with a module of ours and not with the
// application, so that one file is the inside of every kind of worker. It holds a Web Lock as long as it
// lives: Deno tells nobody when a web Worker has really ended, but hands its lock on.

/** What is told about a web Worker. */
export interface WebWorkerEvents<Message> {
  onMessage(message: Message): void;
  /** It threw where nobody catches, and has ended. */
  onError(message: string): void;
}

/** What a web Worker of ours runs first. */
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

/** How long a worker may take to go once it was told to; a few milliseconds are usual, and one that
 * computes does not go at all. */
const PATIENCE = 250;

const boot = ({ main, start }: WebWorkerStart) => `
import { ${start} } from ${JSON.stringify(main)};
const post = self.postMessage.bind(self);
self.onmessage = ({ data: { lock, data } }) => {
  navigator.locks?.request(lock, () => new Promise(() => {}));
  ${start}(data, {
    post,
    onMessage: (callback) => self.onmessage = ({ data }) => callback(data),
  });
};
`;

/** A web Worker of ours. */
export class WebWorker<Incoming, Outgoing> {
  readonly #worker: Worker;
  readonly #lock = `robusto ${crypto.randomUUID()}`;

  /** Starts it.
   *
   * @param start what it runs first
   * @param events who is told */
  constructor(start: WebWorkerStart, events: WebWorkerEvents<Incoming>) {
    const url = "data:text/javascript," + encodeURIComponent(boot(start));
    this.#worker = new Worker(url, { type: "module", name: start.name });
    this.#worker.onmessage = ({ data }) => events.onMessage(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or Deno ends the whole process
      events.onError(event.message);
    };
    this.#worker.postMessage({ lock: this.#lock, data: start.data });
  }

  /** Sends a message. */
  post(message: Outgoing, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** Tells it to end.
   *
   * @returns whether it has; one that computes goes on until it comes up for air */
  async terminate(): Promise<boolean> {
    this.#worker.terminate();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), PATIENCE);
    try {
      await this.ended(late.signal);
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until it has ended.
   *
   * @param signal ends the wait: it rejects then */
  async ended(signal: AbortSignal): Promise<void> {
    if (locks === undefined) throw new DOMException("Nobody tells", "NotSupportedError");
    await locks.request(this.#lock, { signal }, () => {});
  }
}
