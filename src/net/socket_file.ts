// Creates and removes the file of a UNIX socket. The socket is opened at a hidden path and renamed when its
// mode and owner are set: no client connects before that, and a stale file is replaced in one step. The
// rename also keeps the runtime from removing the file, as it only removes the path on which it listened.

import { TextEncoder, then } from "../io/platform.ts";
import { withTimeout } from "../io/with_timeout.ts";

/** Mode and owner of the file, which decide who may connect. */
export interface SocketAccess {
  /** Permission bits of the file. */
  readonly mode: number;
  /** Id of the owner; undefined leaves the user of this process. */
  readonly uid: number | undefined;
  /** Id of the group; undefined leaves the group of this process. */
  readonly gid: number | undefined;
}

/** Connecting on the same machine succeeds at once, unless the queue of a busy server is full. */
const PROBE_TIMEOUT = 1_000;

/** The file of a UNIX socket on which this process listens. */
export class SocketFile {
  readonly #path: string;
  readonly #identity: string | undefined;

  /** @param path path of an existing file */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path);
  }

  /** Removes the file, unless another file has replaced it. Call it before the socket is closed: until
   * then the system gives its inode number to no other file. */
  remove(): void {
    if (this.#identity === undefined || identityOf(this.#path) !== this.#identity) return;
    try {
      Deno.removeSync(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Listens at a hidden path, and renames the file to its path when mode and owner are set.
 *
 * @param path path of the socket
 * @param access mode and owner of the file
 * @param listen listens on the path that it is given
 * @returns what `listen` returned, and the file */
export function publish<Socket extends Disposable>(
  path: string,
  access: SocketAccess,
  listen: (path: string) => Socket,
): { socket: Socket; file: SocketFile } {
  const hidden = hiddenPath(path);
  if (pathState(hidden) === "socket") Deno.removeSync(hidden); // left by a server that was killed here
  const umask = Deno.umask(0o777 & ~access.mode);
  let socket: Socket;
  try {
    socket = listen(hidden);
  } finally {
    Deno.umask(umask);
  }
  try {
    if (access.uid !== undefined || access.gid !== undefined) {
      Deno.chownSync(hidden, access.uid ?? null, access.gid ?? null);
    }
    Deno.renameSync(hidden, path);
    return { socket, file: new SocketFile(path) };
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/** The kind of file at a path.
 *
 * @returns `free` without a file, `socket`, or `other` for any other file */
export function pathState(path: string): "free" | "socket" | "other" {
  try {
    return Deno.lstatSync(path).isSocket ? "socket" : "other";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "free";
    throw error;
  }
}

/** Whether a process listens on the socket at a path.
 *
 * @param path path of a socket
 * @returns false when the file is stale: no process can ever listen on it again */
export async function isLive(path: string): Promise<boolean> {
  const connecting = Deno.connect({ transport: "unix", path });
  try {
    const conn = await withTimeout(connecting, PROBE_TIMEOUT);
    if (conn === undefined) void then(connecting, (conn) => conn.close(), () => {});
    else conn.close();
    return true;
  } catch (error) {
    const { ConnectionRefused, NotFound } = Deno.errors;
    return !(error instanceof ConnectionRefused || error instanceof NotFound);
  }
}

/** The path at which a socket is opened first: in the same folder, within the size limit of a path. */
export function hiddenPath(path: string): string {
  const octets = new TextEncoder().encode(path).length;
  if (octets < 107) return path + "~";
  return path.slice(0, -1) + (path.endsWith("~") ? "-" : "~");
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.lstatSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
