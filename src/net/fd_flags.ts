// What a descriptor needs that is passed from process to process, and for which the runtime has no word:
// the C library is asked where that is allowed.

import { isPermitted } from "../io/permissions.ts";

const LIBRARY = "libc.so.6";
const SYMBOLS = { fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" } } as const;
/** Of Linux. */
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_SETFL = 4;
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;

/** Keeps a descriptor from the programs that this one starts: they would keep a socket listening that
 * is closed here. Where the C library may not be asked, it stays as it was given.
 *
 * @param fd the descriptor */
export function setCloseOnExec(fd: number): void {
  if (missingRequirement() !== undefined) return;
  callFcntl([fd], F_SETFD, FD_CLOEXEC);
}

/** Has accepting on a socket wait for nobody again. Deno makes descriptors that it passes to a program
 * blocking, and that holds for the socket in every process: the next accept here would stop everything
 * until somebody connects.
 *
 * @param fds descriptors of listening sockets
 * @throws {Deno.errors.NotSupported} where the C library cannot be asked */
export function setNonBlocking(fds: readonly number[]): void {
  requireFcntl();
  callFcntl(fds, F_SETFL, O_RDWR | O_NONBLOCK);
}

/** Makes sure that {@linkcode setNonBlocking} can be called.
 *
 * @throws {Deno.errors.NotSupported} where the C library cannot be asked */
export function requireFcntl(): void {
  const reason = missingRequirement();
  if (reason !== undefined) throw new Deno.errors.NotSupported(reason);
  callFcntl([], F_SETFL, 0);
}

function missingRequirement(): string | undefined {
  if (Deno.build.os !== "linux") return `expected Linux, got ${Deno.build.os}`;
  const permitted = isPermitted({ name: "ffi", path: LIBRARY });
  return permitted ? undefined : "it needs the permission --allow-ffi";
}

function callFcntl(fds: readonly number[], command: number, value: number): void {
  const library = Deno.dlopen(LIBRARY, SYMBOLS);
  try {
    for (const fd of fds) library.symbols.fcntl(fd, command, value);
  } finally {
    library.close();
  }
}
