// Which sockets was this process started with, and what are they for? A service manager leaves them to
// whoever is told nowhere else to listen; a server that this one succeeds leaves each for the address
// that it had itself.

import { formatBindAddress, parseBindAddress } from "../net/bind_address.ts";
import type { ServerOptions } from "../options/server_options.ts";
import type { Activation } from "../net/systemd_activation.ts";

/** What a server leaves to its successor. */
export interface InheritedSockets {
  /** Each address as the predecessor was told it, and the descriptor of its socket. */
  readonly sockets: readonly (readonly [bind: string, fd: number])[];
  /** Descriptor on which the successor says that it is ready. */
  readonly readyFd: number;
}

/** Where a successor finds what it was left, as JSON. */
export const INHERITED_VARIABLE = "ROBUSTO_SUCCEEDS";

/** Reads what a predecessor has written.
 *
 * @param text value of the variable
 * @returns what it left, or nothing when it is no such text */
export function parseInheritedSockets(text: string): InheritedSockets | undefined {
  try {
    const { sockets, readyFd } = JSON.parse(text);
    const holds = Number.isInteger(readyFd) &&
      sockets.every(([bind, fd]: [unknown, unknown]) =>
        typeof bind === "string" && Number.isInteger(fd)
      );
    return holds ? { sockets, readyFd } : undefined;
  } catch {
    return undefined;
  }
}

/** Decides where to listen when nobody says it.
 *
 * @param given what flags and file say
 * @param activation sockets of the service manager
 * @param heritage what a predecessor has left
 * @returns addresses for `bind`; nothing where it is said, or there is nothing to take */
export function defaultBind(
  given: Pick<ServerOptions, "bind" | "hostname" | "port">,
  activation: Activation,
  heritage: InheritedSockets | undefined,
): readonly string[] | undefined {
  if (given.bind !== undefined || given.hostname !== undefined || given.port !== undefined) {
    return undefined;
  }
  const sockets = heritage === undefined
    ? activation.sockets.map(({ fd }) => `fd:${fd}`)
    : heritage.sockets.map(([bind]) => bind).filter((bind) => bind.startsWith("fd:"));
  return sockets.length === 0 ? undefined : sockets;
}

/** Finds the socket that was left for each address.
 *
 * @param binds where the successor is to listen
 * @param heritage what it was left
 * @returns `bind` for the server, where an address that was left is its descriptor, and the descriptors
 * that have no use any more */
export function assignInheritedSockets(
  binds: readonly string[],
  heritage: InheritedSockets,
): { readonly bind: readonly string[]; readonly unused: readonly string[] } {
  const left = [...heritage.sockets];
  const bind = binds.map((bind) => {
    const index = left.findIndex(([its]) => its === bind);
    return index < 0 ? bind : bindOf(left.splice(index, 1)[0]);
  });
  return { bind, unused: left.map(bindOf) };
}

/** The file of a UNIX socket goes with it from one server to the next. */
function bindOf([text, fd]: InheritedSockets["sockets"][number]): string {
  const address = parseBindAddress(text);
  const path = "path" in address && !address.path?.startsWith("\0") ? address.path : undefined;
  return formatBindAddress({ transport: "fd", fd, ...(path === undefined ? {} : { path }) });
}
