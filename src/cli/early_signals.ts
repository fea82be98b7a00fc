// Takes signals from the moment that a module of the command line runs, before the rest of it is loaded.
// Without a listener they would end the process without a word, and process 1 of a container would not get
// SIGTERM at all.

const STOPPING = ["SIGTERM", "SIGINT"] as const;
const IGNORED = ["SIGHUP", "SIGUSR2"] as const;

const MESSAGE = "robusto: stopping before the start is complete";

/** Exit code of a clean stop. */
const CLEAN = 0;

let remove: (() => void) | undefined;

/** Ends the process at SIGTERM and SIGINT, and ignores the signals that ask for more than is there. */
export function takeEarlySignals(): void {
  const stop = () => {
    console.error(MESSAGE);
    Deno.exit(CLEAN);
  };
  const ignore = () => {};
  for (const signal of STOPPING) Deno.addSignalListener(signal, stop);
  for (const signal of IGNORED) Deno.addSignalListener(signal, ignore);
  remove = () => {
    for (const signal of STOPPING) Deno.removeSignalListener(signal, stop);
    for (const signal of IGNORED) Deno.removeSignalListener(signal, ignore);
  };
}

/** Leaves the signals to the listeners that are there now. */
export function leaveEarlySignals(): void {
  remove?.();
  remove = undefined;
}
