// Opens all sockets that a server listens on, each by the kind of its address. If one fails, it closes
// the sockets that are already open.

import { caught, Promise, then } from "../io/platform.ts";
import { type BindAddress, formatBindAddress } from "./bind_address.ts";
import type { ListeningSocket, OpenSecurely } from "./listening_socket.ts";
import { accountId } from "./account_ids.ts";
import type { SocketAccess } from "./socket_file.ts";
import { openInheritedSocket } from "./inherited_socket.ts";
import { peerLookups } from "./peer_credentials_lookup.ts";
import type { Listening } from "./thread_sharing.ts";
import { openTcpSocket } from "./tcp_socket.ts";
import { openUnixSocket } from "./unix_socket.ts";

/** The server options that decide how sockets are opened. */
export interface SocketOptions {
  readonly bind: readonly BindAddress[];
  readonly tcpBacklog: number;
  readonly reusePort: boolean;
  readonly socketMode: number;
  readonly socketOwner: string | number | undefined;
  readonly socketGroup: string | number | undefined;
  readonly peerCredentials: "off" | "ids" | "names";
}

/** Opens all addresses.
 *
 * @param options addresses and settings
 * @param listening whether this thread or others listen on TCP sockets
 * @param secure opens a TCP socket with TLS, if the server uses TLS
 * @returns the sockets in the order of `bind`; a promise of them if opening one has to wait
 * @throws the error of the first socket that fails; those opened before it are closed again */
export function openSockets(
  options: SocketOptions,
  listening: Listening,
  secure?: OpenSecurely,
): ListeningSocket[] | Promise<ListeningSocket[]> {
  const open = createOpener(options, listening, secure);
  const opened = new Map<number, ListeningSocket>();
  const left = openingOrder(options.bind);
  const openNext = (): ListeningSocket[] | Promise<ListeningSocket[]> => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const at = index;
      const bind = options.bind[at];
      const socket = naming(bind, () => open(bind));
      if (socket instanceof Promise) {
        return then(socket, async (socket) => {
          opened.set(at, socket);
          return await openNext();
        });
      }
      opened.set(at, socket);
    }
    return options.bind.map((_, index) => opened.get(index)!);
  };
  const fail = (error: unknown): never => {
    for (const socket of opened.values()) closeUnused(socket);
    throw error;
  };
  try {
    const all = openNext();
    return all instanceof Promise ? caught(all, fail) : all;
  } catch (error) {
    return fail(error);
  }
}

/** Closes a socket on which the server has not accepted yet, and its waiting connections. */
export function closeUnused(socket: ListeningSocket): void {
  socket.close();
  for (const arrived of socket.takeQueued?.() ?? []) arrived.close();
}

/** Names the address in errors of the system, which only say that some address cannot be used. */
function naming(
  bind: BindAddress,
  open: () => ListeningSocket | Promise<ListeningSocket>,
): ListeningSocket | Promise<ListeningSocket> {
  const fail = (error: unknown): never => {
    throw isFromSystem(error) ? withAddress(error, formatBindAddress(bind)) : error;
  };
  try {
    const socket = open();
    return socket instanceof Promise ? caught(socket, fail) : socket;
  } catch (error) {
    return fail(error);
  }
}

/** A bare `Error` is that of an unknown host name. */
function isFromSystem(error: unknown): error is Error {
  if (!(error instanceof Error) || /^Cannot (?!assign)/.test(error.message)) return false;
  if (error instanceof Deno.errors.NotCapable) return false;
  return error.constructor === Error ||
    Object.values(Deno.errors).some((type) => error instanceof type);
}

function withAddress(error: Error, address: string): Error {
  const { code } = error as { code?: unknown };
  const SameError = error.constructor as ErrorConstructor;
  const named = new SameError(`Cannot listen on ${address}: ${error.message}`, { cause: error });
  return code === undefined ? named : Object.assign(named, { code });
}

type Opener = (bind: BindAddress) => ListeningSocket | Promise<ListeningSocket>;

/** Inherited sockets are opened last: connections arrive on them at once, and another process may still
 * serve these if opening another socket fails. */
function openingOrder(bind: readonly BindAddress[]): number[] {
  const isInherited = (index: number) => bind[index].transport === "fd" ? 1 : 0;
  return [...bind.keys()].sort((one, other) => isInherited(one) - isInherited(other));
}

/** Finds who may connect to a UNIX socket.
 *
 * @param options the options of the server
 * @returns the mode and the ids of the accounts, undefined where none is given
 * @throws {UnknownAccountError} when there is no such account */
export function socketAccess(
  options: Pick<SocketOptions, "socketMode" | "socketOwner" | "socketGroup">,
): SocketAccess {
  const { socketMode: mode, socketOwner, socketGroup } = options;
  return {
    mode,
    uid: socketOwner === undefined ? undefined : accountId("user", socketOwner, "socketOwner"),
    gid: socketGroup === undefined ? undefined : accountId("group", socketGroup, "socketGroup"),
  };
}

/** Checks accounts and the lookup of peers before the first socket is opened. */
function createOpener(
  options: SocketOptions,
  listening: Listening,
  secure: OpenSecurely | undefined,
): Opener {
  const { tcpBacklog: backlog, reusePort } = options;
  const access = socketAccess(options);
  const tcp = { tcpBacklog: backlog, ...(reusePort ? { reusePort } : {}) };
  const createPeers = options.peerCredentials === "off"
    ? undefined
    : peerLookups(options.peerCredentials === "names");
  return (bind) => {
    switch (bind.transport) {
      case "tcp":
        return openTcpSocket(bind, tcp, listening, secure);
      case "unix":
        return openUnixSocket(bind, { access, backlog, createPeers });
      case "fd":
        return openInheritedSocket(bind, backlog, createPeers);
      default:
        return bind satisfies never;
    }
  };
}
