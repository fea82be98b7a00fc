// Looks up the process at the other end of a UNIX socket (SO_PEERCRED). The runtime has no API for it, so
// this calls the C library. The result describes the peer at the moment of connecting.

import type { PeerCredentials } from "../io/peer_credentials.ts";
import { AccountNames } from "./account_ids.ts";
import { requirePermission } from "../io/permissions.ts";

const LIBRARY = "libc.so.6";
const SYMBOLS = {
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
} as const;
/** Values of Linux on the processors that Deno supports. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** Looks up the peers of one listening socket. */
export class PeerLookup {
  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;
  readonly #names: AccountNames | undefined;
  /** `struct ucred`: pid, uid, gid. */
  readonly #ucred = new Int32Array(3);
  readonly #length = new Uint32Array(1);

  /** @param names cache of account names; without it peers have only their ids */
  constructor(names: AccountNames | undefined) {
    this.#library = Deno.dlopen(LIBRARY, SYMBOLS);
    this.#names = names;
  }

  /** Looks up the peer of a connected UNIX socket.
   *
   * @param fd its descriptor
   * @throws {Error} when the system does not know it: a client must never be served as another user */
  of(fd: number): PeerCredentials {
    this.#length[0] = this.#ucred.byteLength;
    const { getsockopt } = this.#library.symbols;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, this.#ucred, this.#length) !== 0) {
      throw new Error("Cannot look up peer: the system does not know it");
    }
    const [pid, uid, gid] = this.#ucred;
    return Object.freeze({
      pid,
      uid: uid >>> 0,
      gid: gid >>> 0,
      user: this.#names?.nameOf("user", uid >>> 0),
      group: this.#names?.nameOf("group", gid >>> 0),
    });
  }

  /** Closes the library. */
  close(): void {
    this.#library.close();
  }
}

/** Makes sure that peers can be looked up, before anything is opened.
 *
 * @param names whether to look up account names too
 * @returns a function that makes a lookup for one listening socket
 * @throws {Deno.errors.NotCapable} when a permission is missing
 * @throws {Deno.errors.NotSupported} when this system does not support it */
export function peerLookups(names: boolean): () => PeerLookup {
  if (Deno.build.os !== "linux") {
    throw new Deno.errors.NotSupported(
      `Cannot use peerCredentials: expected Linux, got ${Deno.build.os}`,
    );
  }
  requirePermission({ name: "ffi", path: LIBRARY }, "--allow-ffi", "peerCredentials");
  const accountNames = names ? new AccountNames('peerCredentials "names"') : undefined;
  try {
    new PeerLookup(undefined).close();
  } catch (cause) {
    const message = `Cannot use peerCredentials: this system has no ${LIBRARY}`;
    throw new Deno.errors.NotSupported(message, { cause });
  }
  return () => new PeerLookup(accountNames);
}
