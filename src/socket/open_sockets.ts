// Opens everything that a server listens on: each address by its kind, in order, all of them or none.

import type { BindAddress } from "../bind_address.ts";
import type { ListeningSocket } from "../listener.ts";
import type { ResolvedOptions } from "../options.ts";
import { accountId } from "./accounts.ts";
import { openInheritedSocket } from "./inherited_socket.ts";
import { peerLookups } from "./peer_lookup.ts";
import type { Listening } from "./sharing.ts";
import { openTcpSocket } from "./tcp_socket.ts";
import { openUnixSocket } from "./unix_socket.ts";

/** What decides how sockets are opened. */
export type SocketOptions = Pick<
  ResolvedOptions,
  "bind" | "tcpBacklog" | "socketMode" | "socketOwner" | "socketGroup" | "peerCredentials"
>;

/** Opens all addresses.
 *
 * @param options which, and how
 * @param listening who listens on TCP sockets
 * @returns the sockets in the order of `bind`; a promise of them where something has to be waited for
 * @throws what the system says to the first that fails; those before it are closed again */
export function openSockets(
  options: SocketOptions,
  listening: Listening,
): ListeningSocket[] | Promise<ListeningSocket[]> {
  const open = opener(options, listening);
  const sockets: ListeningSocket[] = [];
  try {
    for (const [index, bind] of options.bind.entries()) {
      const socket = open(bind);
      if (socket instanceof Promise) {
        return openRest(sockets, socket, options.bind.slice(index + 1), open);
      }
      sockets.push(socket);
    }
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}

type Opener = (bind: BindAddress) => ListeningSocket | Promise<ListeningSocket>;

async function openRest(
  sockets: ListeningSocket[],
  next: Promise<ListeningSocket>,
  rest: readonly BindAddress[],
  open: Opener,
): Promise<ListeningSocket[]> {
  try {
    sockets.push(await next);
    for (const bind of rest) sockets.push(await open(bind));
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}

/** Whatever can be known to fail is asked before the first socket is opened. */
function opener(options: SocketOptions, listening: Listening): Opener {
  const { tcpBacklog: backlog, socketMode: mode, socketOwner, socketGroup } = options;
  const access = {
    mode,
    uid: socketOwner === undefined ? undefined : accountId("user", socketOwner, "socketOwner"),
    gid: socketGroup === undefined ? undefined : accountId("group", socketGroup, "socketGroup"),
  };
  const createPeers = options.peerCredentials === "off"
    ? undefined
    : peerLookups(options.peerCredentials === "names");
  return (bind) => {
    switch (bind.transport) {
      case "tcp":
        return openTcpSocket(bind, backlog, listening);
      case "unix":
        return openUnixSocket(bind, { access, backlog, createPeers });
      case "fd":
        return openInheritedSocket(bind, backlog, createPeers);
      default:
        return bind satisfies never;
    }
  };
}
