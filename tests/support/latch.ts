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

/** Waits for a promise, but not for ever.
 *
 * @param promise what to wait for
 * @param longest in milliseconds
 * @returns what it resolves with */
export async function within<Value>(promise: Promise<Value>, longest = 5_000): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Waited ${longest} ms`)), longest);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Gives everybody a turn, sockets included; for waits whose end no latch tells. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Waits until something is so, with turns for everybody in between.
 *
 * @param what is to be so
 * @param longest in milliseconds */
export async function until(what: () => boolean, longest = 5_000): Promise<void> {
  if (what()) return;
  let over = false;
  const look = async () => {
    while (!over && !what()) await turn();
  };
  try {
    await within(look(), longest);
  } catch (error) {
    throw new Error(`Waited for ${what}`, { cause: error });
  } finally {
    over = true;
  }
}
