// The platform's own globals, as they were when the server was loaded. An application, or a library that it
// imports, may replace them later, and the server must not depend on what it puts there. Files import
// them under their own names.

const {
  AbortController,
  AbortSignal,
  Blob,
  btoa,
  clearInterval,
  clearTimeout,
  DOMException,
  Event,
  MessageChannel,
  Promise,
  queueMicrotask,
  setInterval,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  Worker,
} = globalThis;

export {
  AbortController,
  AbortSignal,
  Blob,
  btoa,
  clearInterval,
  clearTimeout,
  DOMException,
  Event,
  MessageChannel,
  Promise,
  queueMicrotask,
  setInterval,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  Worker,
};

const platformThen = Promise.prototype.then;

/** Calls `then` of a promise of the platform, also where `Promise.prototype.then` was replaced.
 *
 * @param promise the promise
 * @param onFulfilled called with its value
 * @param onRejected called with the reason
 * @returns what `then` returns */
export function then<T, F, R = never>(
  promise: Promise<T>,
  onFulfilled: (value: T) => F,
  // deno-lint-ignore no-explicit-any -- as in the types of the platform
  onRejected?: (reason: any) => R,
): Promise<Awaited<F> | Awaited<R>> {
  return platformThen.call(
    promise,
    onFulfilled as (value: unknown) => F,
    onRejected,
  ) as Promise<Awaited<F> | Awaited<R>>;
}

/** Calls `catch` of a promise of the platform, in the same way.
 *
 * @param promise the promise
 * @param onRejected called with the reason
 * @returns what `catch` returns */
export function caught<T, R>(
  promise: Promise<T>,
  // deno-lint-ignore no-explicit-any -- as in the types of the platform
  onRejected: (reason: any) => R,
): Promise<T | Awaited<R>> {
  return platformThen.call(promise, undefined, onRejected) as Promise<T | Awaited<R>>;
}

/** Calls `finally` of a promise of the platform, in the same way.
 *
 * @param promise the promise
 * @param act called when it has settled; it gives no promise
 * @returns a promise that settles as this one does */
export async function lastly<T>(promise: Promise<T>, act: () => void): Promise<T> {
  try {
    return await promise;
  } finally {
    act();
  }
}

/** `Promise.all`, which calls `then` of the promises, in the same way.
 *
 * @param promises the promises
 * @returns a promise of their values */
export function all<T extends readonly unknown[] | []>(
  promises: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }>;
export function all<T>(promises: Iterable<T>): Promise<Awaited<T>[]>;
export function all(promises: Iterable<unknown>): Promise<unknown> {
  const values: unknown[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
  let missing = 1;
  const settle = () => --missing === 0 && resolve(values);
  let count = 0;
  for (const each of promises) {
    const index = count++;
    missing++;
    then(wrapped(each), (value) => {
      values[index] = value;
      settle();
    }, reject);
  }
  settle();
  return promise;
}

/** `Promise.allSettled`, in the same way.
 *
 * @param promises the promises
 * @returns a promise of what they settle with */
export function allSettled<T>(
  promises: Iterable<T>,
): Promise<PromiseSettledResult<Awaited<T>>[]> {
  const settled: Promise<PromiseSettledResult<Awaited<T>>>[] = [];
  for (const each of promises) {
    settled.push(
      then(
        wrapped(each),
        (value) => ({ status: "fulfilled", value }),
        (reason) => ({ status: "rejected", reason }),
      ) as Promise<PromiseSettledResult<Awaited<T>>>,
    );
  }
  return all(settled);
}

/** `Promise.race`, in the same way.
 *
 * @param promises the promises
 * @returns a promise that settles as the first of them does */
export function race<T>(promises: Iterable<T>): Promise<Awaited<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<T>>();
  for (const each of promises) then(wrapped(each), resolve, reject);
  return promise;
}

async function wrapped<T>(value: T): Promise<Awaited<T>> {
  return await value;
}
