// What becomes of the file of a UNIX socket: may it be where something is already, who may connect, and
// is it still ours when we go?
//
// A socket is opened beside its path and moved there when its mode and owner are right: nobody ever
// connects to one that is not, and a stale file gives way in one step. It also decides who removes the
// file: the runtime removes the path on which it listened whatever is there by then, and that path is
// empty since the move.

import { withTimeout } from "../io/with_timeout.ts";

/** Who may connect to a UNIX socket. */
export interface SocketAccess {
  /** Permission bits of the file. */
  readonly mode: number;
  /** Number of the owner; undefined leaves the one who runs this. */
  readonly uid: number | undefined;
  /** Number of the group; undefined leaves the one who runs this. */
  readonly gid: number | undefined;
}

/** A connect on the same machine answers at once, unless the queue of a busy server is full. */
const PROBE_TIMEOUT = 1_000;

/** The file of a UNIX socket on which this process listens. */
export class SocketFile {
  readonly #path: string;
  readonly #identity: string | undefined;

  /** @param path of a file that is there */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path);
  }

  /** Removes the file, unless another has come to its place. Call it before the socket is closed: until
   * then the system gives its number to no other file. */
  remove(): void {
    if (this.#identity === undefined || identityOf(this.#path) !== this.#identity) return;
    try {
      Deno.removeSync(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Listens on a path as nobody else sees it, and puts the file in its place.
 *
 * @param path of the socket
 * @param access who may connect
 * @param listen listens on the path that it is given
 * @returns what `listen` returned, and the file */
export function publish<Socket extends Disposable>(
  path: string,
  access: SocketAccess,
  listen: (path: string) => Socket,
): { socket: Socket; file: SocketFile } {
  const hidden = hiddenPath(path);
  if (pathState(hidden) === "socket") Deno.removeSync(hidden); // of one that was killed in between
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

/** What is at a path.
 *
 * @returns `free`, `socket`, or `other` for anything else */
export function pathState(path: string): "free" | "socket" | "other" {
  try {
    return Deno.lstatSync(path).isSocket ? "socket" : "other";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "free";
    throw error;
  }
}

/** Whether somebody listens on the socket at a path.
 *
 * @param path of a socket
 * @returns false when the file is stale: nobody will ever listen on it again */
export async function isLive(path: string): Promise<boolean> {
  const connecting = Deno.connect({ transport: "unix", path });
  try {
    const conn = await withTimeout(connecting, PROBE_TIMEOUT);
    if (conn === undefined) void connecting.then((conn) => conn.close(), () => {});
    else conn.close();
    return true;
  } catch (error) {
    const { ConnectionRefused, NotFound } = Deno.errors;
    return !(error instanceof ConnectionRefused || error instanceof NotFound);
  }
}

/** Where a socket is opened before it is moved: in the same folder, and no longer than a path may be. */
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
