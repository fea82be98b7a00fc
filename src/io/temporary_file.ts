// Makes temporary files that have no name: the system frees them when they are closed, also when the
// process is killed.

import { isPermitted } from "./permissions.ts";

/** A file without a name. */
export interface TemporaryFile {
  /** Writes octets.
   *
   * @returns how many were written, at least one
   * @throws the system's error, such as ENOSPC */
  write(octets: Uint8Array): Promise<number>;
  /** Reads octets.
   *
   * @returns how many were read, at least one; or null at the end */
  read(target: Uint8Array): Promise<number | null>;
  /** Reads and writes from a position on. */
  seekTo(position: number): Promise<void>;
  close(): void;
}

/** Makes a temporary file in `$TMPDIR`, or else in `/tmp`.
 *
 * @throws {Deno.errors.NotCapable} when it is not permitted; Deno does not prompt
 * @throws the system's error */
export async function makeTemporaryFile(): Promise<TemporaryFile> {
  const dir = temporaryFolder();
  for (const name of ["read", "write"] as const) {
    if (isPermitted({ name, path: dir })) continue;
    throw new Deno.errors.NotCapable(`Cannot make temporary file: ${dir} needs --allow-${name}`);
  }
  const path = await Deno.makeTempFile({ dir, prefix: "robusto-" }); // only its user may read it
  try {
    const file = await Deno.open(path, { read: true, write: true });
    return {
      write: (octets) => file.write(octets),
      read: (target) => file.read(target),
      seekTo: async (position) => void await file.seek(position, Deno.SeekMode.Start),
      close: () => file.close(),
    };
  } finally {
    await Deno.remove(path);
  }
}

function temporaryFolder(): string {
  const known = isPermitted({ name: "env", variable: "TMPDIR" }) && Deno.env.get("TMPDIR");
  return known || "/tmp";
}
