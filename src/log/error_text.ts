// Writes a thrown value as text for a log: the stack with those of its causes, without colours and without
// the frames of Robusto below those of the application.

import { URL } from "../io/platform.ts";

/** Causes shown below an error; this limit also ends a circle of causes. */
const MAX_CAUSES = 5;

/** The URL of `src/`, with which the modules of Robusto begin. */
const OWN_MODULES = new URL("../", import.meta.url).href;

// deno-lint-ignore no-control-regex -- an escape sequence begins with a control
const COLOURS = /\x1b\[[0-9;]*m/g;
const FRAME = /^ {4}at /;

/** Writes a thrown value.
 *
 * @param error an error, or another value that was thrown
 * @returns the stacks of the error and its causes; `Name: message` where a stack cannot be read */
export function errorText(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth <= MAX_CAUSES; depth++) {
    parts.push((depth === 0 ? "" : "Caused by: ") + stackOf(current));
    current = causeOf(current);
    if (current === undefined) break;
  }
  return plainStack(parts.join("\n"));
}

/** Removes colours from a text with stacks, and the frames of Robusto at the end of each stack. The stack
 * of a fault in Robusto itself keeps them.
 *
 * Deno colours the positions in the error of an import even where colours are off.
 *
 * @param text stacks, as V8 or `Deno.inspect` write them */
export function plainStack(text: string): string {
  const lines = text.replace(COLOURS, "").split("\n");
  const kept: string[] = [];
  for (let at = 0; at < lines.length;) {
    let end = at;
    while (end < lines.length && FRAME.test(lines[end])) end++;
    if (end === at) kept.push(lines[at++]);
    else {
      const isOfApplication = at > 0 && blamesApplication(lines[at - 1]);
      const frames = lines.slice(at, end);
      kept.push(...withoutOwnFrames(frames, isOfApplication));
      // Deno.inspect shows members behind the last frame.
      const opens = frames.at(-1)!.endsWith(" {");
      if (opens && !kept.at(-1)!.endsWith(" {")) kept[kept.length - 1] += " {";
    }
    at = Math.max(at, end);
  }
  return kept.join("\n");
}

/** `Name: message` of an error, or the thrown value as text. It does not read the stack. */
export function headline(error: unknown): string {
  try {
    return String(error).replace(COLOURS, "");
  } catch {
    return "a value that cannot be shown"; // such as Object.create(null)
  }
}

/** Runs a function while a descriptor is free. */
export type DescriptorGuard = (use: () => void) => void;

let guard: DescriptorGuard = (use) => use();

/** Sets what makes sure that a descriptor is free while a stack is read. The main thread of Deno opens files
 * for a stack, such as source maps and /proc/self/maps, and panics where it cannot. */
export function guardStacks(next: DescriptorGuard): void {
  guard = next;
}

/** Whether the process or the system has no descriptor left.
 *
 * @param error the error of a system call */
export function isOutOfDescriptors(error: unknown): boolean {
  try {
    const { code } = error as { code?: unknown };
    return error instanceof Error && (code === "EMFILE" || code === "ENFILE");
  } catch {
    return false; // a getter of the application threw
  }
}

/** Whether a line names a fault of the application that Robusto finds when no function of the application is
 * being called: a module that is missing, or a response that cannot be sent. */
function blamesApplication(line: string): boolean {
  if (line.includes('Module not found "')) return !isOwn(line);
  return /^(?:Caused by: )?TypeError: Cannot (?:send |respond: .*\bapplication\b)/.test(line);
}

function withoutOwnFrames(frames: string[], isOfApplication: boolean): string[] {
  const last = frames.findLastIndex((frame) => !isOwn(frame) && !isInternal(frame));
  if (last < 0 && isOfApplication) return [];
  const cut = last < 0 ? -1 : frames.findIndex((frame, at) => at > last && isOwn(frame));
  return cut < 0 ? frames : frames.slice(0, cut);
}

function isOwn(frame: string): boolean {
  return frame.includes(OWN_MODULES);
}

/** Modules of the platform, and the data: modules in which workers start. */
function isInternal(frame: string): boolean {
  return /(?:^ {4}at |\()(?:async )?(?:ext:|node:|data:|native|<anonymous>)/.test(frame);
}

function causeOf(error: unknown): unknown {
  try {
    return error instanceof Error ? error.cause : undefined;
  } catch {
    return undefined; // a getter of the application threw
  }
}

function stackOf(error: unknown): string {
  if (isOutOfDescriptors(error)) return headline(error);
  let stack: unknown;
  try {
    guard(() => stack = error instanceof Error ? error.stack : undefined);
  } catch {
    // As above; its name and message may still be readable.
  }
  return typeof stack === "string" ? stack : headline(error);
}
