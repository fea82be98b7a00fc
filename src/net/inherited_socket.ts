// Takes over a socket that another process has opened: a service manager, or the server that this one
// replaces. The socket itself tells its address.

import { formatBindAddress, type InheritedBindAddress } from "./bind_address.ts";
import type { ListeningSocket } from "./listening_socket.ts";
import { takeActivation } from "./systemd_activation.ts";
import { setCloseOnExec } from "./fd_flags.ts";
import { unixAddressOf } from "./listening_fds.ts";
import { NodeListener } from "./node_listener.ts";
import type { PeerLookup } from "./peer_credentials_lookup.ts";
import { SocketFile } from "./socket_file.ts";
import { withFile } from "./unix_socket.ts";

/** Listens on an inherited socket.
 *
 * @param bind its descriptor
 * @param backlog connections that the system keeps until they are accepted
 * @param createPeers makes the lookup of peer credentials for a UNIX socket
 * @throws {Error} when it is not a stream socket that listens or can listen */
export function openInheritedSocket(
  bind: InheritedBindAddress,
  backlog: number,
  createPeers: (() => PeerLookup) | undefined,
): ListeningSocket {
  const { path } = bind;
  const text = formatBindAddress(bind);
  const fd = typeof bind.fd === "number" ? bind.fd : namedDescriptor(bind.fd, text);
  const addr = path === undefined ? unixAddressOf(fd) : { transport: "unix" as const, path };
  let listener: NodeListener;
  try {
    listener = new NodeListener({ listen: { fd }, backlog, addr, createPeers });
  } catch (cause) {
    if (cause instanceof TypeError) throw cause;
    throw new Error(
      `Cannot listen on ${text}: expected a stream socket at this descriptor that can listen`,
      { cause },
    );
  }
  setCloseOnExec(fd);
  return path === undefined ? listener : withFile(listener, new SocketFile(path));
}

function namedDescriptor(name: string, text: string): number {
  const { sockets, complaint } = takeActivation();
  const socket = sockets.find((socket) => socket.name === name);
  if (socket !== undefined) return socket.fd;
  if (complaint !== undefined) throw new Error(complaint);
  const names = sockets.map((socket) => socket.name).join(", ") || "none";
  throw new Error(
    `Cannot listen on ${text}: no socket has this name in LISTEN_FDNAMES, got ${names}`,
  );
}
