// A point that a test waits for, or holds somebody at.

/** Opens once; whoever waits goes on then. */
export class Latch<Value = void> {
  readonly #opened = Promise.withResolvers<Value>();

  /** Lets everybody through. */
  open(value: Value): void {
    this.#opened.resolve(value);
  }

  /** Waits until it is open.
   *
   * @returns what it was opened with */
  passed(): Promise<Value> {
    return this.#opened.promise;
  }
}

/** Resolves when a signal is aborted.
 *
 * @param signal which one
 * @returns its reason */
export function abortOf(signal: AbortSignal): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  if (signal.aborted) resolve(signal.reason);
  else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  return promise;
}
