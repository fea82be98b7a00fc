// Opens a UNIX socket: where nothing is in the way at once, else after asking whether somebody listens
// there. Deno accepts faster than `node:net`, which is taken only where descriptors are needed.

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

/** How a UNIX socket is opened. */
export interface UnixSocketSettings {
  readonly access: SocketAccess;
  readonly backlog: number;
  /** Makes what tells who is at the other end of a connection. */
  readonly createPeers: (() => PeerLookup) | undefined;
}

/** Listens on a UNIX socket.
 *
 * @param bind where
 * @param settings how
 * @returns the socket; a promise of it where something is at its path
 * @throws {Deno.errors.AddrInUse} when somebody listens there, or what is there is no socket
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

/** A UNIX socket with its file, which goes when it does. */
class UnixFileListener implements ListeningSocket {
  readonly addr: Address;
  readonly #socket: ListeningSocket;
  readonly #file: SocketFile;
  /** Whether another process has it too. */
  #handedOver: boolean;
  /** Until it serves, a successor leaves the file to its predecessor. */
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

/** Gives an inherited socket its file to remove.
 *
 * @param socket which listens
 * @param file its own */
export function withFile(socket: ListeningSocket, file: SocketFile): ListeningSocket {
  return new UnixFileListener(socket, file, true);
}

async function replaceFile(path: string, settings: UnixSocketSettings): Promise<ListeningSocket> {
  if (pathState(path) === "other") {
    throw inUse(path, "expected a socket or nothing at this path, got something else");
  }
  if (await isLive(path)) throw inUse(path, "another server listens there");
  // What has come meanwhile is no stale file.
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

/** What Deno listens on, by the address that clients know. */
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
  /** Clients have no name of their own. */
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

/** The folder, as the socket is opened beside its path; and `umask` is among what `--allow-sys` as a
 * whole allows. */
function requirePermissions(path: string): void {
  const use = `bind ${shown(path)}`;
  const folder = path.replace(/[^/]*$/, "") || "./";
  // Deno knows only absolute paths by themselves; whoever gives another one allows the whole net.
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
