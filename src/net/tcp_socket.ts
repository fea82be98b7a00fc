// Opens a TCP socket, for this thread or for several threads.

import { formatBindAddress, type TcpBindAddress } from "./bind_address.ts";
import type { ListeningSocket, OpenSecurely } from "./listening_socket.ts";
import { requirePermission } from "../io/permissions.ts";
import { listenAsThread, type Listening, reserveForThreads } from "./thread_sharing.ts";

/** Binds and listens.
 *
 * @param bind the address
 * @param tcpBacklog connections that the system keeps until they are accepted
 * @param listening whether this thread or others listen
 * @param secure opens a socket with TLS, if the server uses TLS
 * @throws what `Deno.listen` throws: the address is in use, is not local, or is not permitted */
export function openTcpSocket(
  bind: TcpBindAddress,
  tcpBacklog: number,
  listening: Listening,
  secure?: OpenSecurely,
): ListeningSocket {
  const { hostname, port } = bind;
  const host = formatBindAddress(bind);
  requirePermission({ name: "net", host }, `--allow-net=${host}`, `bind ${host}`);
  const open = () => listen(bind, tcpBacklog, listening);
  return secure === undefined ? open() : secure({ hostname, port, tcpBacklog }, open);
}

function listen(bind: TcpBindAddress, tcpBacklog: number, listening: Listening): ListeningSocket {
  const { hostname, port } = bind;
  switch (listening) {
    case "alone":
      return Deno.listen({ hostname, port, tcpBacklog });
    case "for-threads":
      return reserveForThreads(bind, tcpBacklog);
    default:
      return listenAsThread(bind, tcpBacklog, listening);
  }
}
