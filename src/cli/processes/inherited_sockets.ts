// Decides which inherited sockets the server listens on. Sockets of a service manager serve if no
// address is given; each socket of a predecessor serves for the address that it had there.

import { formatBindAddress, parseBindAddress } from "../../net/bind_address.ts";
import type { ServerOptions } from "../../options/server_options.ts";
import type { Activation } from "../../net/systemd_activation.ts";

/** The sockets that a server hands to its successor. */
export interface InheritedSockets {
  /** Each address as the predecessor was given it, and the descriptor of its socket. */
  readonly sockets: readonly (readonly [bind: string, fd: number])[];
  /** Descriptor of the pipe on which the successor reports that it is ready. */
  readonly readyFd: number;
}

/** Environment variable with the inherited sockets as JSON. */
export const INHERITED_VARIABLE = "ROBUSTO_SUCCEEDS";

/** Parses the variable that a predecessor has set.
 *
 * @param text value of the variable
 * @returns the sockets, or `undefined` when the text has another form */
export function parseInheritedSockets(text: string): InheritedSockets | undefined {
  try {
    const { sockets, readyFd } = JSON.parse(text);
    const isValid = Number.isInteger(readyFd) &&
      sockets.every(([bind, fd]: [unknown, unknown]) =>
        typeof bind === "string" && Number.isInteger(fd)
      );
    return isValid ? { sockets, readyFd } : undefined;
  } catch {
    return undefined;
  }
}

/** Decides where to listen if neither flags nor file give an address.
 *
 * @param given the options of flags and file
 * @param activation the sockets of the service manager
 * @param inherited the sockets of a predecessor
 * @returns addresses for `bind`; `undefined` if one is given or there are no sockets */
export function defaultBind(
  given: Pick<ServerOptions, "bind" | "hostname" | "port">,
  activation: Activation,
  inherited: InheritedSockets | undefined,
): readonly string[] | undefined {
  if (given.bind !== undefined || given.hostname !== undefined || given.port !== undefined) {
    return undefined;
  }
  const sockets = inherited === undefined
    ? activation.sockets.map(({ fd }) => `fd:${fd}`)
    : inherited.sockets.map(([bind]) => bind).filter((bind) => bind.startsWith("fd:"));
  return sockets.length === 0 ? undefined : sockets;
}

/** Assigns the predecessor's sockets to the addresses of this process.
 *
 * @param binds the addresses to listen on
 * @param inherited the predecessor's sockets
 * @returns `bind` for the server, in which the descriptor of an inherited socket replaces its
 * address, and the descriptors of the sockets that this process does not use */
export function assignInheritedSockets(
  binds: readonly string[],
  inherited: InheritedSockets,
): { readonly bind: readonly string[]; readonly unused: readonly string[] } {
  const unused = [...inherited.sockets];
  const bind = binds.map((bind) => {
    const index = unused.findIndex(([address]) => address === bind);
    return index < 0 ? bind : toDescriptorBind(unused.splice(index, 1)[0]);
  });
  return { bind, unused: unused.map(toDescriptorBind) };
}

/** Names a socket by its descriptor, and by its file if it has one, as the successor then owns the
 * file. */
function toDescriptorBind([text, fd]: InheritedSockets["sockets"][number]): string {
  const address = parseBindAddress(text);
  const path = "path" in address && !address.path?.startsWith("\0") ? address.path : undefined;
  return formatBindAddress({ transport: "fd", fd, ...(path === undefined ? {} : { path }) });
}
