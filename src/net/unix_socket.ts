// Opens a UNIX socket. If its path is free it does so at once, else after checking that no process listens
// there. Deno accepts faster than `node:net`, which is used only when descriptors are needed.

import type { UnixBindAddress } from "./bind_address.ts";
import type { Address } from "../io/address.ts";
import type { AcceptedSocket, ListeningSocket } from "./listening_socket.ts";
import { NodeListener } from "./node_listener.ts";
import type { PeerLookup } from "./peer_credentials_lookup.ts";
import { requirePermission } from "../io/permissions.ts";
import {
  hiddenPath,
  isLive,
  pathState,
  publish,
  type SocketAccess,
  type SocketFile,
} from "./socket_file.ts";

/** Settings of a UNIX socket. */
export interface UnixSocketSettings {
  readonly access: SocketAccess;
  readonly backlog: number;
  /** Makes the lookup of peer credentials, if requested. */
  readonly createPeers: (() => PeerLookup) | undefined;
}

/** Listens on a UNIX socket.
 *
 * @param bind the address
 * @param settings its settings
 * @returns the socket; a promise of it when there is a file at its path
 * @throws {Deno.errors.AddrInUse} when another process listens there, or the file is no socket
 * @throws {Deno.errors.NotCapable} when a permission is missing */
export function openUnixSocket(
  bind: UnixBindAddress,
  settings: UnixSocketSettings,
): ListeningSocket | Promise<ListeningSocket> {
  const { path } = bind;
  if (path.startsWith("\0")) {
    requirePermission({ name: "net" }, "--allow-net", `bind ${shown(path)}`);
    return listen(path, { transport: "unix", path }, settings);
  }
  requirePermissions(path);
  return pathState(path) === "free" ? openFile(path, settings) : replaceFile(path, settings);
}

/** A UNIX socket with its file, which is removed when the socket is closed. */
class UnixFileListener implements ListeningSocket {
  readonly addr: Address;
  readonly #socket: ListeningSocket;
  readonly #file: SocketFile;
  /** Whether another process has the socket too. */
  #handedOver: boolean;
  /** Whether a successor has not accepted yet: until then its predecessor owns the file. */
  #inherited: boolean;

  constructor(socket: ListeningSocket, file: SocketFile, inherited: boolean) {
    this.#handedOver = this.#inherited = inherited;
    this.addr = socket.addr;
    this.#socket = socket;
    this.#file = file;
  }

  get fd(): number | undefined {
    return this.#socket.fd;
  }

  accept(): Promise<AcceptedSocket> {
    if (this.#inherited) this.#handedOver = this.#inherited = false;
    return this.#socket.accept();
  }

  handOver(): void {
    this.#handedOver = true;
  }

  close(): void {
    if (!this.#handedOver) this.#file.remove();
    this.#socket.close();
  }

  takeQueued(): AcceptedSocket[] {
    return this.#socket.takeQueued?.() ?? [];
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }
}

/** Makes an inherited socket remove its file when it is closed.
 *
 * @param socket the socket
 * @param file its file */
export function withFile(socket: ListeningSocket, file: SocketFile): ListeningSocket {
  return new UnixFileListener(socket, file, true);
}

async function replaceFile(path: string, settings: UnixSocketSettings): Promise<ListeningSocket> {
  if (pathState(path) === "other") {
    throw inUse(path, "expected a socket or nothing at this path, got something else");
  }
  if (await isLive(path)) throw inUse(path, "another server listens there");
  // A file that was created in the meantime is not stale.
  if (pathState(path) === "other") throw inUse(path, "something else has come to this path");
  return openFile(path, settings);
}

function openFile(path: string, settings: UnixSocketSettings): ListeningSocket {
  const addr: Address = { transport: "unix", path };
  const { socket, file } = publish(path, settings.access, (hidden) => {
    const socket = listen(hidden, addr, settings);
    return Object.assign(socket, { [Symbol.dispose]: () => socket.close() });
  });
  return new UnixFileListener(socket, file, false);
}

function listen(path: string, addr: Address, settings: UnixSocketSettings): ListeningSocket {
  const { backlog, createPeers } = settings;
  if (createPeers !== undefined) {
    return new NodeListener({ listen: { path }, backlog, addr, createPeers });
  }
  return new DenoUnixListener(Deno.listen({ transport: "unix", path }), addr);
}

/** A listener of Deno with the address that clients know. */
class DenoUnixListener implements ListeningSocket {
  readonly addr: Address;
  readonly #listener: Deno.UnixListener;

  constructor(listener: Deno.UnixListener, addr: Address) {
    this.#listener = listener;
    this.addr = addr;
  }

  async accept(): Promise<AcceptedSocket> {
    return new DenoUnixStream(await this.#listener.accept(), this.addr);
  }

  close(): void {
    this.#listener.close();
  }

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }
}

class DenoUnixStream implements AcceptedSocket {
  readonly localAddr: Address;
  /** Clients have no address. */
  readonly remoteAddr: Address = { transport: "unix", path: "" };
  readonly #conn: Deno.UnixConn;

  constructor(conn: Deno.UnixConn, localAddr: Address) {
    this.#conn = conn;
    this.localAddr = localAddr;
  }

  read(target: Uint8Array): Promise<number | null> {
    return this.#conn.read(target);
  }

  write(data: Uint8Array): Promise<number> {
    return this.#conn.write(data);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    this.#conn.close();
  }

  ref(): void {
    this.#conn.ref();
  }

  unref(): void {
    this.#conn.unref();
  }
}

/** Requires the folder, because the socket is opened beside its path, and all of `--allow-sys`, which
 * `umask` needs. */
function requirePermissions(path: string): void {
  const use = `bind ${shown(path)}`;
  const folder = path.replace(/[^/]*$/, "") || "./";
  // Deno grants single paths only if they are absolute; a relative path needs the whole net.
  const hosts = path.startsWith("/") ? [`unix:${path}`, `unix:${hiddenPath(path)}`] : [undefined];
  for (const host of hosts) {
    requirePermission(
      host === undefined ? { name: "net" } : { name: "net", host },
      "--allow-net",
      use,
    );
  }
  requirePermission({ name: "read", path: folder }, `--allow-read=${folder}`, use);
  requirePermission({ name: "write", path: folder }, `--allow-write=${folder}`, use);
  requirePermission({ name: "sys" }, "--allow-sys", use);
}

function inUse(path: string, reason: string): Error {
  return new Deno.errors.AddrInUse(`Cannot listen on ${shown(path)}: ${reason}`);
}

function shown(path: string): string {
  return "unix:" + path.replace(/^\0/, "@");
}
