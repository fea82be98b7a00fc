// Opens a TCP socket, for this thread or for several threads.

import { formatBindAddress, type TcpBindAddress } from "./bind_address.ts";
import type { ListeningSocket, OpenSecurely, TcpListening } from "./listening_socket.ts";
import { requirePermission } from "../io/permissions.ts";
import { listenAsThread, type Listening, reserveForThreads } from "./thread_sharing.ts";

/** Binds and listens.
 *
 * @param bind the address
 * @param how the length of the system's queue, and whether other processes may listen on the port
 * @param listening whether this thread or others listen
 * @param secure opens a socket with TLS, if the server uses TLS
 * @throws what `Deno.listen` throws: the address is in use, is not local, or is not permitted */
export function openTcpSocket(
  bind: TcpBindAddress,
  how: TcpListening,
  listening: Listening,
  secure?: OpenSecurely,
): ListeningSocket {
  const { hostname, port } = bind;
  const host = formatBindAddress(bind);
  requirePermission({ name: "net", host }, `--allow-net=${host}`, `bind ${host}`);
  const open = () => listen(bind, how, listening);
  return secure === undefined ? open() : secure({ hostname, port, ...how }, open);
}

function listen(bind: TcpBindAddress, how: TcpListening, listening: Listening): ListeningSocket {
  const { hostname, port } = bind;
  const { tcpBacklog } = how;
  switch (listening) {
    case "alone":
      return Deno.listen({ hostname, port, ...how });
    case "for-threads":
      return reserveForThreads(bind, tcpBacklog);
    default:
      return listenAsThread(bind, tcpBacklog, listening);
  }
}
