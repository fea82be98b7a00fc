// Recognises the error of a listener whose address is in use, as Deno and node:net throw it. Errors of
// applications get a hint with it: a module that listens does so again in each worker that loads it.

/** Says whether an error is that of a listener whose address is in use.
 *
 * @param error anything that was thrown */
export function isAddressInUse(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse ||
    (error as { code?: unknown } | null | undefined)?.code === "EADDRINUSE";
}
