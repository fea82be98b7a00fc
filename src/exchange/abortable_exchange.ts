// That nobody waits for an answer any more, and who is told: the part of an exchange that is the same
// on a connection and in a worker.

/** An exchange that its client may leave, or that may be given up. */
export abstract class AbortableExchange {
  #controller: AbortController | undefined;
  #reason: unknown;
  #callback: ((reason: unknown) => void) | undefined;

  /** Aborted when the client leaves or the exchange is given up. Made when somebody asks: most handlers
   * never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Why nobody waits any more, once that is so. */
  protected get abortReason(): unknown {
    return this.#reason;
  }

  /** Tells the application that nobody waits for its answer any more. Counts once. */
  disconnect(reason: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason ?? new DOMException("The exchange was aborted", "AbortError");
    this.onAbort(this.#reason);
    this.#controller?.abort(this.#reason);
    this.#callback?.(this.#reason);
  }

  /** Has `callback` called by {@linkcode disconnect}; at once when that has happened. */
  onDisconnect(callback: (reason: unknown) => void): void {
    if (this.#reason !== undefined) callback(this.#reason);
    else this.#callback = callback;
  }

  /** Ends what the exchange itself has under way; called once, before anybody else is told.
   *
   * @param _reason why */
  protected onAbort(_reason: unknown): void {}
}
