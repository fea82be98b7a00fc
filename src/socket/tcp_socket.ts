// Opens a TCP socket, for this thread or for all threads of the process.

import { formatBindAddress, type TcpBindAddress } from "../bind_address.ts";
import type { ListeningSocket } from "../listener.ts";
import { requirePermission } from "../io/permissions.ts";

/** Binds and listens.
 *
 * @param bind where
 * @param tcpBacklog connections that the system keeps until they are accepted
 * @param shared whether other threads of the process listen on the same socket
 * @throws what `Deno.listen` throws: the address is in use, or not ours, or not permitted */
export function openTcpSocket(
  bind: TcpBindAddress,
  tcpBacklog: number,
  shared: boolean,
): ListeningSocket {
  const { hostname, port } = bind;
  const host = formatBindAddress(bind);
  requirePermission({ name: "net", host }, `--allow-net=${host}`, `bind ${host}`);
  return shared
    ? listenShared(hostname, port, tcpBacklog)
    : Deno.listen({ hostname, port, tcpBacklog });
}

/** Listens on the socket that every thread of the process gets for the same address: Deno keeps it by
 * the address that is asked for. Two servers that ask for port 0 must not share one, so a free port is
 * looked for first. */
function listenShared(hostname: string, port: number, tcpBacklog: number): Deno.TcpListener {
  if (port === 0) {
    using probe = Deno.listen({ hostname, port });
    port = (probe.addr as Deno.NetAddr).port;
  }
  const options: Deno.TcpListenOptions & { loadBalanced: true } = {
    hostname,
    port,
    loadBalanced: true,
  };
  return Deno.listen({ ...options, tcpBacklog });
}
