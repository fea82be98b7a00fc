// How do several threads of this process listen on one TCP address? Deno shares one socket among them
// where it knows `loadBalanced`; where it does not, the system can share connections out among several
// sockets on the same port, which Deno allows only with a flag of its own.

import type { TcpBindAddress } from "./bind_address.ts";
import type { ListeningSocket } from "./listening_socket.ts";

/** Who listens: this thread alone, nobody here but threads that it makes, or one of those. */
export type Listening = "alone" | "for-threads" | ThreadSharing;

/** `load-balanced`: one socket for all. `reuse-port`: each has its own on the same port. */
export type ThreadSharing = "load-balanced" | "reuse-port";

/** What the platform gives for it. */
export interface SharingPlatform {
  listen(options: SharedListenOptions): Deno.TcpListener;
  /** Whether `reusePort` may be asked for: without its flag Deno ends the process at once. */
  readonly hasReusePort: boolean;
}

/** Options of `Deno.listen`; its types do not have `loadBalanced` yet. */
export type SharedListenOptions = Deno.TcpListenOptions & { readonly loadBalanced?: boolean };

/** The Deno that runs. `Deno.listenDatagram` is there if the flag of `reusePort` is. */
export const PLATFORM: SharingPlatform = {
  listen: (options) => Deno.listen(options),
  hasReusePort: "listenDatagram" in Deno,
};

/** Takes an address for other threads of the process.
 *
 * @param bind where
 * @param tcpBacklog connections that the system keeps until they are accepted
 * @param platform what is listened with
 * @returns the address, which is kept until it is closed
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

/** How the threads have to share an address that is kept for them. */
export function threadSharingOf(socket: ListeningSocket): ThreadSharing {
  return socket instanceof ReusedPort ? "reuse-port" : "load-balanced";
}

/** Listens where another thread of the process keeps the address.
 *
 * @param bind where
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

/** Deno keeps a shared socket by the address that is asked for, and two servers that ask for port 0 must
 * not share one; so a free port is looked for first. */
function freePort({ hostname, port }: TcpBindAddress, platform: SharingPlatform): number {
  if (port !== 0) return port;
  using probe = platform.listen({ hostname, port });
  return (probe.addr as Deno.NetAddr).port;
}

/** A Deno that does not know the option ignores it, and the address is in use then. */
function isShared(hostname: string, port: number, platform: SharingPlatform): boolean {
  try {
    platform.listen({ hostname, port, loadBalanced: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

/** A port on which only the others listen: a socket that nobody accepts from would be given its part of
 * the connections too. */
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
