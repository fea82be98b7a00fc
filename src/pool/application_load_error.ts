/** The application's module or export could not be loaded in a worker. */
export class ApplicationLoadError extends Error {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "ApplicationLoadError";
  /** What went wrong, without saying with what. */
  readonly reason: string;

  /** Makes the error.
   *
   * @param reason what went wrong
   * @param cause the application's own error, with its stack */
  constructor(reason: string, cause?: unknown) {
    super(`Cannot load application: ${reason}`, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
