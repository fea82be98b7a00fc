// The part of an exchange that is the same on a connection and in a worker: how far its response has got,
// and that it can be aborted. How octets travel is left to the derived classes.

import { AbortController, DOMException, Promise, then } from "../io/platform.ts";
import type { Outcome } from "./finished_response.ts";

/** `open` until a head is given; `complete` and `aborted` are final. */
export type ResponseState = "open" | "begun" | "complete" | "aborted";

/** Why an upgraded connection must end soon: the server stops, or the worker is replaced. */
export type Departure = "stop" | "reload";

/** An exchange that its client may leave, or that may be given up. */
export abstract class AbortableExchange {
  /** How it ended, where that is not the application's response; see {@linkcode Exchange.outcome}. */
  outcome: Outcome | undefined = undefined;

  /** How far the response has got. */
  protected responseState: ResponseState = "open";
  #controller: AbortController | undefined;
  #reason: unknown;
  #callback: ((reason: unknown) => void) | undefined;
  #departure: Departure | undefined;
  #onDeparture: ((departure: Departure) => void) | undefined;
  #completion: PromiseWithResolvers<void> | undefined;

  /** Whether the head of a response has been given. */
  get responding(): boolean {
    return this.responseState !== "open";
  }

  /** Whether nothing more of a response is taken. */
  get ended(): boolean {
    return this.responseState === "complete" || this.responseState === "aborted";
  }

  /** Settles when the response has been handed to the operating system; rejects when it could not be.
   * Made at the first use: most handlers never ask. */
  get completed(): Promise<void> {
    if (this.#completion === undefined) {
      this.#completion = Promise.withResolvers<void>();
      then(this.#completion.promise, () => {}, () => {}); // a handler that reads it need not handle it
      this.onCompletionWanted();
    }
    return this.#completion.promise;
  }

  /** Aborted when the client leaves or the exchange is given up. Made at the first use: most handlers
   * never ask. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Waits until the application reads no more; see {@linkcode Exchange.holdContent}. */
  contentHold: (() => Promise<void>) | undefined = undefined;

  /** Keeps the content until `untilLeft` has resolved. */
  holdContent(untilLeft: () => Promise<void>): void {
    this.contentHold = untilLeft;
  }

  /** Begins the handler's time. Only the connection measures it. */
  startHandlerTime(): void {}

  /** Tells the application that its response is not waited for any more. Counts once. */
  disconnect(reason: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason ?? new DOMException("The exchange was aborted", "AbortError");
    this.onAbort(this.#reason);
    this.#controller?.abort(this.#reason);
    this.#callback?.(this.#reason);
  }

  /** Has `callback` called by {@linkcode disconnect}, behind earlier ones; at once when that has happened. */
  onDisconnect(callback: (reason: unknown) => void): void {
    const earlier = this.#callback;
    if (this.#reason !== undefined) {
      callback(this.#reason);
    } else if (earlier === undefined) {
      this.#callback = callback;
    } else {
      this.#callback = (reason) => {
        earlier(reason);
        callback(reason);
      };
    }
  }

  /** Tells the application of an upgraded connection that it must end soon. Counts once. */
  depart(departure: Departure): void {
    if (this.#departure !== undefined) return;
    this.#departure = departure;
    this.#onDeparture?.(departure);
  }

  /** Has `callback` called by {@linkcode depart}; at once when that has happened. */
  onDeparture(callback: (departure: Departure) => void): void {
    this.#onDeparture = callback;
    if (this.#departure !== undefined) callback(this.#departure);
  }

  /** Why the response is not waited for any more; undefined while it is. */
  protected get abortReason(): unknown {
    return this.#reason;
  }

  /** Whether {@linkcode completed} was read. */
  protected get completionWanted(): boolean {
    return this.#completion !== undefined;
  }

  /** Resolves {@linkcode completed}, if it was read. */
  protected resolveCompletion(): void {
    this.#completion?.resolve();
  }

  /** Rejects {@linkcode completed}, if it was read. */
  protected rejectCompletion(reason: unknown): void {
    this.#completion?.reject(reason);
  }

  /** Begins to follow the response for {@linkcode completed}; called once, when that is first read. */
  protected abstract onCompletionWanted(): void;

  /** Ends what the exchange itself has under way; called once, before the signal and the callback.
   *
   * @param _reason why */
  protected onAbort(_reason: unknown): void {}
}
