// The exit codes of the command line, and the error that ends it with one of them.

/** Exit codes of the command line; scripts and service managers rely on them. */
export const EXIT = {
  /** Stopped by a signal or by itself. */
  clean: 0,
  /** Another failure. */
  failed: 1,
  /** The arguments or the configuration file are wrong. */
  usage: 2,
  /** The application could not be loaded. */
  application: 3,
  /** An address could not be bound. */
  bind: 4,
} as const;

/** A failure that ends the command line with an exit code. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  /** One of {@linkcode EXIT}. */
  readonly exitCode: number;

  /** @param exitCode one of `EXIT`
   * @param message action first, then the reason, no full stop
   * @param cause an error to be shown with its stack, such as the application's own */
  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** Makes the error for wrong arguments or a wrong configuration.
 *
 * @param message action first, then the reason, no full stop
 * @returns the error, with exit code 2 */
export function usageError(message: string): ExitError {
  return new ExitError(EXIT.usage, message);
}
