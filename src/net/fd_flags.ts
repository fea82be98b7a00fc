// Sets flags of descriptors that are passed between processes. The runtime has no API for them, so this
// calls the C library, where the permission allows it.

import { isPermitted } from "../io/permissions.ts";

const LIBRARY = "libc.so.6";
const SYMBOLS = { fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" } } as const;
/** Values of Linux. */
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_SETFL = 4;
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;

/** Sets FD_CLOEXEC, so that programs started by this process do not inherit the descriptor: they would
 * keep a socket listening that is closed here. Without access to the C library the flag does not change.
 *
 * @param fd the descriptor */
export function setCloseOnExec(fd: number): void {
  if (missingRequirement() !== undefined) return;
  callFcntl([fd], F_SETFD, FD_CLOEXEC);
}

/** Sets O_NONBLOCK again. Deno makes descriptors that it passes to a program blocking, which holds for the
 * socket in every process: the next accept here would block the process until a client connects.
 *
 * @param fds descriptors of listening sockets
 * @throws {Deno.errors.NotSupported} when the C library cannot be called */
export function setNonBlocking(fds: readonly number[]): void {
  requireFcntl();
  callFcntl(fds, F_SETFL, O_RDWR | O_NONBLOCK);
}

/** Makes sure that {@linkcode setNonBlocking} can be called.
 *
 * @throws {Deno.errors.NotSupported} when the C library cannot be called */
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
