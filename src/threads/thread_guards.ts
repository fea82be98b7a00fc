// What does a worker say of itself, whatever its application does to it? What would end it without a
// word from Deno says so first, and what would end it for a mistake of one handler does not. The same
// for workers of the pool and for shards.

/** The inside of a thread's wire. */
export interface ThreadPort<Incoming, Outgoing> {
  post(message: Outgoing, transfer?: ArrayBuffer[]): void;
  /** Takes messages from here on. */
  onMessage(callback: (message: Incoming) => void): void;
}

/** Who is told what nobody caught. */
export type UncaughtSink = (event: string, message: string, error: unknown) => void;

/** What nobody caught would end the worker and with it everything else that it holds: it is reported
 * instead. */
export function containUncaught(report: UncaughtSink): void {
  const take = (event: string, message: string, error: unknown) =>
    report(event, message, error ?? new TypeError(`${error} was thrown`));
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    take("uncaught-rejection", "Promise was rejected and nobody handles it", event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    take("uncaught-error", "Error was thrown and nobody caught it", event.error);
  });
}

/** Deno ends a web Worker that calls `self.close` or `Deno.exit` without a word, so both say it first.
 *
 * @param announce gets what was called, and the exit code */
export function announceExit(announce: (call: string, code: number) => void): void {
  const scope = globalThis as { close?: () => void };
  const close = scope.close?.bind(globalThis);
  if (close !== undefined) {
    scope.close = () => {
      announce("self.close()", 0);
      close();
    };
  }
  const exit = Deno.exit.bind(Deno);
  Deno.exit = (code = 0) => {
    announce("Deno.exit()", code);
    return exit(code);
  };
}
