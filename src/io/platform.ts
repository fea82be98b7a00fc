// The platform's own globals, as they were when the server was loaded. An application, or a library that it
// imports, may replace them later, and the server must not depend on what it puts there. Files import
// them under their own names.

const {
  AbortController,
  DOMException,
  Promise,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearInterval,
  queueMicrotask,
  setInterval,
  setTimeout,
} = globalThis;

export {
  AbortController,
  clearInterval,
  DOMException,
  Promise,
  queueMicrotask,
  setInterval,
  setTimeout,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
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
  onRejected?: (reason: unknown) => R,
): Promise<Awaited<F> | Awaited<R>> {
  return platformThen.call(
    promise,
    onFulfilled as (value: unknown) => F,
    onRejected,
  ) as Promise<Awaited<F> | Awaited<R>>;
}
