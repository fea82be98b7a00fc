// Listens for the signals that ask a process to stop.

import { systemClock } from "./clock.ts";

const STOP_SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];

/** How soon after a signal the same one is its echo, in milliseconds. A terminal and systemd send a signal to
 * every process of a group, and `deno task` passes it on to its child, which has it already. */
const ECHO = 100;

/** Makes a listener for one signal that ignores echoes.
 *
 * @param listener called at each signal that is not an echo
 * @returns what takes the signals */
export function withoutEchoes(listener: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = systemClock.now();
    if (now - last < ECHO) return;
    last = now;
    listener();
  };
}

/** Whether a signal asks the process to stop. */
export function isStopSignal(signal: Deno.Signal): boolean {
  return STOP_SIGNALS.includes(signal);
}

/** Listens for SIGINT and SIGTERM until disposed.
 *
 * @param first called at the first signal
 * @param again called at every further signal */
export function onStopSignals(first: () => void, again: () => void): Disposable {
  let count = 0;
  const listeners = STOP_SIGNALS.map((signal) => {
    const listener = withoutEchoes(() => ++count === 1 ? first() : again());
    return { signal, listener };
  });
  for (const { signal, listener } of listeners) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}
