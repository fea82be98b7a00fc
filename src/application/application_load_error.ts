/** Where the application is that could not be loaded. */
export interface LoadPlace {
  /** The path that it is mounted at; `/` is the root. */
  readonly path: string;
  /** URL of its module. */
  readonly url: string;
}

/** The application's module or export could not be loaded. */
export class ApplicationLoadError extends Error {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "ApplicationLoadError";
  /** What went wrong, without saying with what. */
  readonly reason: string;
  /** Which application it is, where there are several. */
  readonly place: LoadPlace | undefined;

  /** Makes the error.
   *
   * @param reason what went wrong
   * @param cause the application's own error, with its stack
   * @param place which application it is, where there are several */
  constructor(reason: string, cause?: unknown, place?: LoadPlace) {
    const which = place === undefined ? "" : ` at ${place.path}, ${place.url}`;
    const options = cause === undefined ? undefined : { cause };
    super(`Cannot load application${which}: ${reason}`, options);
    this.reason = reason;
    this.place = place;
  }
}
