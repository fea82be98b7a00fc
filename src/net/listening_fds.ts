// Finds the descriptors of this process that are listening sockets, and their addresses. The runtime does
// not tell them; Linux lists both in /proc, which Deno opens only to programs with all permissions.

import { URL } from "../io/platform.ts";
import type { Address } from "../io/address.ts";
import { hiddenPath } from "./socket_file.ts";

/** A listening socket among the descriptors of this process. */
export interface ListeningDescriptor {
  readonly fd: number;
  readonly addr: Address;
}

/** State of a TCP socket that listens, in /proc/net/tcp. */
const TCP_LISTEN = "0A";
/** Flag of a UNIX socket that listens, in /proc/net/unix. */
const LISTENING_FLAG = 0x10000;

/** Lists the descriptors of this process that are listening sockets.
 *
 * @throws {Deno.errors.NotSupported} where there is no /proc
 * @throws {Deno.errors.NotCapable} when it may not be read: that needs `--allow-all` */
export function listeningDescriptors(): ListeningDescriptor[] {
  if (Deno.build.os !== "linux") {
    throw new Deno.errors.NotSupported(`expected Linux, got ${Deno.build.os}`);
  }
  const bound = boundAddresses();
  const found: ListeningDescriptor[] = [];
  for (const [fd, inode] of socketInodes()) {
    const addr = bound.get(inode);
    if (addr !== undefined) found.push({ fd, addr });
  }
  return found;
}

/** Finds the descriptors of several sockets on which this process listens.
 *
 * @param sockets the sockets; one without `fd` is found by its address
 * @returns their descriptors, in the same order
 * @throws {TypeError} when one is not found
 * @throws as {@linkcode listeningDescriptors} */
export function listeningFdsOf(
  sockets: readonly { readonly addr: Address; readonly fd?: number | undefined }[],
): number[] {
  const free = new Map(listeningDescriptors().map(({ fd, addr }) => [fd, addr]));
  for (const { fd } of sockets) if (fd !== undefined) free.delete(fd);
  return sockets.map(({ addr, fd }) => {
    if (fd !== undefined) return fd;
    for (const [fd, its] of free) {
      if (!isSame(addr, its)) continue;
      free.delete(fd);
      return fd;
    }
    throw new TypeError(`Cannot find descriptor: no socket is bound to ${JSON.stringify(addr)}`);
  });
}

function isSame(one: Address, other: Address): boolean {
  if ("hostname" in one && "hostname" in other) {
    return one.port === other.port && comparable(one.hostname) === comparable(other.hostname);
  }
  // The system knows a UNIX socket by the path at which it was opened, before it was moved.
  return "path" in one && "path" in other &&
    [one.path, hiddenPath(one.path)].includes(other.path);
}

function comparable(hostname: string): string {
  return hostname.includes(":") ? shortIpv6([hostname]) : hostname;
}

/** The address of a UNIX socket, as far as it can be found.
 *
 * @param fd a descriptor of this process
 * @returns its address; with an empty path when /proc may not be read */
export function unixAddressOf(fd: number): Address {
  try {
    return listeningDescriptors().find((each) => each.fd === fd)?.addr ?? UNKNOWN;
  } catch {
    return UNKNOWN; // the address is only used in messages
  }
}

const UNKNOWN: Address = { transport: "unix", path: "" };

/** The sockets of this process with the inode numbers that /proc/net lists.
 *
 * @throws {Deno.errors.NotCapable} when /proc may not be read: that needs `--allow-all` */
export function* socketInodes(): Generator<[fd: number, inode: string]> {
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    let target: string;
    try {
      target = Deno.readLinkSync(`/proc/self/fd/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue; // closed in the meantime
      throw error;
    }
    const inode = /^socket:\[([0-9]+)\]$/.exec(target)?.[1];
    if (inode !== undefined) yield [Number(name), inode];
  }
}

function boundAddresses(): Map<string, Address> {
  const bound = new Map<string, Address>();
  for (const path of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of linesOf(path)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === TCP_LISTEN) bound.set(inode, parseTcpAddress(local));
    }
  }
  for (const line of linesOf("/proc/net/unix")) {
    const [, , , flags, , , inode, ...path] = line.split(/ +/);
    if ((parseInt(flags, 16) & LISTENING_FLAG) === 0 || path.length === 0) continue;
    bound.set(inode, { transport: "unix", path: path.join(" ").replace(/^@/, "\0") });
  }
  return bound;
}

/** Parses an address as the kernel writes it: the octets of each word in the machine's byte order, in
 * hexadecimal.
 *
 * @param text such as `0100007F:1F86`
 * @returns such as 127.0.0.1 port 8070 */
export function parseTcpAddress(text: string): Deno.NetAddr {
  const [host, port] = text.split(":");
  const words = host.match(/.{8}/g) ?? [];
  const octets = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  const hostname = octets.length === 4
    ? octets.map((octet) => parseInt(octet, 16)).join(".")
    : shortIpv6(octets.join("").match(/.{4}/g) ?? []);
  return { transport: "tcp", hostname, port: parseInt(port, 16) };
}

function shortIpv6(groups: readonly string[]): string {
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

function linesOf(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").slice(1).filter((line) => line !== "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return []; // the system has no IPv6
    throw error;
  }
}
