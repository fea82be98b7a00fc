// Writes lines to standard error for the log and the command line. A stream that cannot be written to,
// such as a file on a full disk or a pipe without a reader, loses the lines and stops nothing.

let kept: typeof console.error | undefined;

/** Keeps to the present `console.error`, before what the application prints goes to the log instead. */
export function keepStandardError(): void {
  kept = console.error;
}

/** Writes text and a line end to standard error.
 *
 * @param text one line or several; `%` has no special meaning */
export function writeStandardError(text: string): void {
  try {
    (kept ?? console.error)(text); // with one argument `%` is no format
  } catch {
    // There is no other place to report it. Deno throws what write(2) says: ENOSPC, EPIPE, EAGAIN.
  }
}
