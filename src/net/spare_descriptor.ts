// Holds a descriptor in reserve for all servers of a thread. Without one the main thread of Deno cannot read
// the stack of an error for the log: it panics.

import { isPermitted } from "../io/permissions.ts";
import { guardStacks } from "../log/error_text.ts";

/** Opening it has no effect. */
const PATH = "/dev/null";

/** The servers that listen. */
let holders = 0;
let file: Deno.FsFile | undefined;

/** Holds the reserve for a server that listens, where that is permitted.
 *
 * @returns a function that ends it */
export function holdSpareDescriptor(): () => void {
  guardStacks(lendSpareDescriptor);
  holders++;
  open();
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    if (--holders === 0) close();
  };
}

/** Gives the reserve up during a call.
 *
 * @param use may open one file and close it */
export function lendSpareDescriptor(use: () => void): void {
  close();
  try {
    use();
  } finally {
    if (holders > 0) open();
  }
}

function open(): void {
  if (file !== undefined || Deno.build.os === "windows") return;
  if (!isPermitted({ name: "read", path: PATH })) return;
  try {
    file = Deno.openSync(PATH);
  } catch {
    // The process has no descriptor left. The next call tries again.
  }
}

function close(): void {
  file?.close();
  file = undefined;
}
