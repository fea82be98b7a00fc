// Has what an application prints in its thread go to the log instead of the process's streams. It replaces
// the methods of `console` before the application is loaded.

import { Console } from "node:console";
import type { LogLevel } from "./log_event.ts";
import { keepStandardError } from "./standard_error.ts";

/** Takes what was printed by one call.
 *
 * @param text without its last line end; it may have several lines */
export type PrintedSink = (level: LogLevel, text: string) => void;

/** Levels of what methods print; the others print for information. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: "debug",
  warn: "warn",
  trace: "warn",
  error: "error",
  assert: "error",
};

let sink: PrintedSink | undefined;

/** What takes what is printed in this thread; undefined while it goes to the streams of the process. */
export function printedSink(): PrintedSink | undefined {
  return sink;
}

/** Replaces the methods of `console`. */
export function captureConsole(take: PrintedSink): void {
  sink = take;
  keepStandardError();
  let level: LogLevel = "info";
  const stream = {
    write(text: string) {
      const printed = text.endsWith("\n") ? text.slice(0, -1) : text;
      if (printed !== "") take(level, printed);
      return true;
    },
    // A console listens for errors of its stream while it writes.
    on() {},
    once() {},
    removeListener() {},
    listenerCount: () => 0,
  };
  // deno-lint-ignore no-explicit-any -- only the part of a stream that a console uses
  const captured = new Console({ stdout: stream as any, stderr: stream as any, colorMode: false });
  for (const name of Object.keys(console) as (keyof Console)[]) {
    const method = captured[name] as ((...values: unknown[]) => unknown) | undefined;
    if (typeof method !== "function") continue;
    const replacement = (...values: unknown[]) => {
      level = LEVELS[name] ?? "info";
      return method.apply(captured, values);
    };
    Object.assign(console, { [name]: replacement });
  }
}
