// Guards the inside of a thread against its application, for workers of the pool and for shards. A call
// that would end the thread without a report by Deno is reported first. An error that is not caught does
// not end the thread, and a message that the application posts does not reach the main thread.

import { isAddressInUse } from "../io/address_in_use.ts";

/** A thread's own end of the connection to the thread that started it. */
export interface ThreadPort<Incoming, Outgoing> {
  post(message: Outgoing, transfer?: ArrayBuffer[]): void;
  /** Takes messages from here on. */
  onMessage(callback: (message: Incoming) => void): void;
}

/** Takes errors that were not caught. */
export type UncaughtSink = (event: string, message: string, error: unknown) => void;

/** Reports errors that were not caught. Each would end the worker, and with it every other exchange that
 * it holds. */
export function containUncaught(report: UncaughtSink): void {
  const take = (event: string, message: string, error: unknown) =>
    report(event, message, error ?? new TypeError(`${error} was thrown`));
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    take("uncaught-rejection", "Promise was rejected and not handled", event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    const hint = isAddressInUse(event.error)
      ? ": a module listens on an address in use, and each worker loads it"
      : "";
    take("uncaught-error", `Error was thrown and not caught${hint}`, event.error);
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

/** Drops what the application posts by the `postMessage` of its global scope, and reports the first time:
 * the main thread would take it for a message of the server's own.
 *
 * @param report called once */
export function dropPostedMessages(report: () => void): void {
  let reported = false;
  const scope = globalThis as { postMessage?: (message: unknown) => void };
  scope.postMessage = () => {
    if (reported) return;
    reported = true;
    report();
  };
}

/** What is logged when the application posts a message. */
export const MESSAGE_DROPPED = {
  event: "message-dropped",
  message: "Application called postMessage(), but nothing takes its messages",
} as const;
