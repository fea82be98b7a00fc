// Closes Deno's inspector when a SIGUSR1 has opened it. Deno 2.9 opens it at that signal whether the program
// listens for the signal or not, and a program that connects to it can run code in this process.

import inspector from "node:inspector";
import { isPermitted } from "./permissions.ts";
import { clearInterval, setInterval } from "./platform.ts";

/** Deno opens it a few milliseconds after the signal; a busy process later. */
const WATCH_TIME = 500;

/** To ask for its URL without the permission would throw, or ask the user; to close it needs none. */
const canSee = isPermitted({ name: "sys" });
const wasOpen = canSee && inspector.url() !== undefined;
let watch: ReturnType<typeof setInterval> | undefined;
let checksLeft = 0;

/** Closes the inspector as soon as it is open; to be called at a SIGUSR1. An inspector that was open before,
 * by a flag of Deno, stays. */
export function closeInspectorOfSignal(): void {
  if (wasOpen) return;
  checksLeft = WATCH_TIME;
  watch ??= setInterval(() => {
    const isOpen = canSee && inspector.url() !== undefined;
    inspector.close(); // does nothing when it is not open
    if (!isOpen && --checksLeft > 0) return;
    clearInterval(watch);
    watch = undefined;
  }, 1);
}
