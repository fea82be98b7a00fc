// Opens files to which whole lines are appended, and standard output as one of them. Writing waits in
// another thread of the platform, so a slow disk or pipe does not hold up this one.

/** Something that octets are appended to. */
export interface AppendFile {
  /** Writes octets.
   *
   * @returns how many were written, at least one
   * @throws the system's error, such as ENOSPC or EPIPE */
  write(octets: Uint8Array): Promise<number>;
  close(): void;
}

/** The content may be private, so others than the group may not read it. */
const FILE_MODE = 0o640;

/** Opens a file for appending; makes it if it is not there.
 *
 * @throws the system's error */
export function openAppendFile(path: string): AppendFile {
  // Opening a named pipe would wait for its reader, unless this process could be the reader.
  const read = isNamedPipe(path);
  return Deno.openSync(path, { append: true, create: true, mode: FILE_MODE, read });
}

/** Standard output. */
export const standardOutput: AppendFile = {
  write: (octets) => Deno.stdout.write(octets),
  close() {}, // it belongs to the process
};

/** Whether a write would have to wait: the pipe is full, and another process has made it non-blocking. */
export function isFull(error: unknown): boolean {
  return error instanceof Deno.errors.WouldBlock;
}

function isNamedPipe(path: string): boolean {
  try {
    return Deno.statSync(path).isFifo === true;
  } catch {
    return false; // not there, or not to be read: opening it tells more
  }
}
