// Waits for tests: Latch (a promise that the test resolves), abortOf (an aborted signal), within (a limit on
// a promise), turn (one turn of the event loop), until (a condition).

/** How long a test waits for what must happen, in milliseconds: a busy machine may type-check a worker first,
 * which takes some seconds. */
const LONGEST_WAIT = 20_000;

/** A promise that is resolved from outside, once. */
export class Latch<Value = void> {
  readonly #opened = Promise.withResolvers<Value>();

  /** Resolves {@linkcode passed}. */
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
 * @param signal the signal
 * @returns its reason */
export function abortOf(signal: AbortSignal): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  if (signal.aborted) resolve(signal.reason);
  else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  return promise;
}

/** Waits for a promise, and fails when it takes too long.
 *
 * @param promise the promise
 * @param longest limit in milliseconds
 * @returns what it resolves with */
export async function within<Value>(
  promise: Promise<Value>,
  longest = LONGEST_WAIT,
): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Waited ${longest} ms`)), longest);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for one turn of the event loop, so that sockets and timers can proceed. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Waits until a condition holds, with turns of the event loop between the checks.
 *
 * @param condition checked each turn
 * @param longest limit in milliseconds */
export async function until(condition: () => boolean, longest = LONGEST_WAIT): Promise<void> {
  if (condition()) return;
  let over = false;
  const poll = async () => {
    while (!over && !condition()) await turn();
  };
  try {
    await within(poll(), longest);
  } catch (error) {
    throw new Error(`Waited for ${condition}`, { cause: error });
  } finally {
    over = true;
  }
}
