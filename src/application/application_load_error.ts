// The error of an application that cannot be loaded: in this thread, or in a worker that reports it.

/** Where the application is that could not be loaded. */
export type LoadPlace = NonNullable<ApplicationLoadError["place"]>;

/** The application's module or export could not be loaded. */
export class ApplicationLoadError extends Error {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "ApplicationLoadError";
  /** What went wrong, without the name of the application. */
  readonly reason: string;
  /** Which application it is, where there are several: the path that it is mounted at (`/` is the root)
   * and the URL of its module. */
  readonly place: { readonly path: string; readonly url: string } | undefined;

  /** Makes the error.
   *
   * @param reason what went wrong
   * @param cause the application's own error, with its stack
   * @param place which application it is, where there are several: see {@linkcode place} */
  constructor(
    reason: string,
    cause?: unknown,
    place?: { readonly path: string; readonly url: string },
  ) {
    const which = place === undefined ? "" : ` at ${place.path}, ${place.url}`;
    const options = cause === undefined ? undefined : { cause };
    super(`Cannot load application${which}: ${reason}`, options);
    this.reason = reason;
    this.place = place;
  }
}
