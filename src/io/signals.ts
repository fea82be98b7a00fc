// Listens for the signals that ask a process to stop.

const STOP_SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Listens for SIGINT and SIGTERM until disposed.
 *
 * @param first called at the first signal
 * @param again called at every further signal */
export function onStopSignals(first: () => void, again: () => void): Disposable {
  let count = 0;
  const listener = () => ++count === 1 ? first() : again();
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const signal of STOP_SIGNALS) Deno.removeSignalListener(signal, listener);
    },
  };
}
