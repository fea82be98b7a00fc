// Lets several threads of this process listen on one TCP address. A Deno with `loadBalanced` shares one
// socket among the threads. Otherwise the system can distribute connections over several sockets on the
// same port, which Deno allows only with a flag.

import { Promise } from "../io/platform.ts";
import type { TcpBindAddress } from "./bind_address.ts";
import type { ListeningSocket } from "./listening_socket.ts";

/** `alone`: this thread listens. `for-threads`: it keeps the address for threads that it starts, and does
 * not accept. A `ThreadSharing`: it is one of those threads. */
export type Listening = "alone" | "for-threads" | ThreadSharing;

/** `load-balanced`: one socket for all threads. `reuse-port`: a socket for each, on the same port. */
export type ThreadSharing = "load-balanced" | "reuse-port";

/** The functions of the platform that are used here. */
export interface SharingPlatform {
  listen(options: SharedListenOptions): Deno.TcpListener;
  /** Whether `reusePort` may be used: without its flag Deno ends the process at once. */
  readonly hasReusePort: boolean;
}

/** Options of `Deno.listen`; its types do not have `loadBalanced` yet. */
export type SharedListenOptions = Deno.TcpListenOptions & { readonly loadBalanced?: boolean };

/** This Deno. `Deno.listenDatagram` exists if the flag of `reusePort` is given. */
export const PLATFORM: SharingPlatform = {
  listen: (options) => Deno.listen(options),
  hasReusePort: "listenDatagram" in Deno,
};

/** Reserves an address for other threads of the process.
 *
 * @param bind the address
 * @param tcpBacklog connections that the system keeps until they are accepted
 * @param platform the functions of the platform
 * @returns a socket that keeps the address until it is closed
 * @throws {TypeError} when it cannot be shared on this Deno
 * @throws what `Deno.listen` throws */
export function reserveForThreads(
  bind: TcpBindAddress,
  tcpBacklog: number,
  platform: SharingPlatform = PLATFORM,
): ListeningSocket {
  const { hostname } = bind;
  const port = freePort(bind, platform);
  const socket = platform.listen({ hostname, port, tcpBacklog, loadBalanced: true });
  if (isShared(hostname, port, platform)) return socket;
  socket.close();
  if (!platform.hasReusePort) {
    throw new TypeError(
      'Cannot use mode "sharded": Deno.listen of this version does not share a socket among threads, ' +
        'expected a newer Deno, the flag --unstable-net, or mode "pool"',
    );
  }
  return new ReusedPort(hostname, port);
}

/** How the threads must share an address that is reserved for them. */
export function threadSharingOf(socket: ListeningSocket): ThreadSharing {
  return socket instanceof ReusedPort ? "reuse-port" : "load-balanced";
}

/** Listens on an address that another thread of the process has reserved.
 *
 * @param bind the address
 * @param tcpBacklog connections that the system keeps until they are accepted
 * @param sharing how the address is shared
 * @throws what `Deno.listen` throws */
export function listenAsThread(
  bind: TcpBindAddress,
  tcpBacklog: number,
  sharing: ThreadSharing,
  platform: SharingPlatform = PLATFORM,
): ListeningSocket {
  const { hostname, port } = bind;
  const how = sharing === "load-balanced" ? { loadBalanced: true } : { reusePort: true };
  return platform.listen({ hostname, port, tcpBacklog, ...how });
}

/** Deno finds a shared socket by its requested address, and two servers with port 0 must not share one.
 * So this looks for a free port first. */
function freePort({ hostname, port }: TcpBindAddress, platform: SharingPlatform): number {
  if (port !== 0) return port;
  using probe = platform.listen({ hostname, port });
  return (probe.addr as Deno.NetAddr).port;
}

/** A Deno without the option ignores it, and then the address is in use. */
function isShared(hostname: string, port: number, platform: SharingPlatform): boolean {
  try {
    platform.listen({ hostname, port, loadBalanced: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

/** A port on which only other threads listen. It has no socket, because the system would give a part of
 * the connections to a socket that does not accept. */
class ReusedPort implements ListeningSocket {
  readonly addr: Deno.NetAddr;

  constructor(hostname: string, port: number) {
    this.addr = { transport: "tcp", hostname, port };
  }

  accept(): Promise<never> {
    return Promise.reject(new TypeError("Cannot accept: other threads accept on this port"));
  }

  close(): void {}
  ref(): void {}
  unref(): void {}
}
