// Parses the spellings of an address that `bind` accepts, and formats a bound address as people paste it
// into a browser or the configuration of another server. It opens nothing and resolves no names.

import { quoted } from "../http1/protocol_error.ts";

/** An address to listen on. */
export type BindAddress = TcpBindAddress | UnixBindAddress | InheritedBindAddress;

/** A TCP address. */
export interface TcpBindAddress {
  readonly transport: "tcp";
  /** Name or IP address, an IPv6 one without brackets. */
  readonly hostname: string;
  /** TCP port; 0 asks the system for a free one. */
  readonly port: number;
}

/** A UNIX socket. */
export interface UnixBindAddress {
  readonly transport: "unix";
  /** Path of its file; an abstract name, which has no file, begins with a NUL. */
  readonly path: string;
}

/** A socket that another process has opened and passed to this one. */
export interface InheritedBindAddress {
  readonly transport: "fd";
  /** Number of the descriptor, or its name in LISTEN_FDNAMES. */
  readonly fd: number | string;
  /** File of a UNIX socket, if the server is to remove it when it stops. */
  readonly path?: string;
}

/** Host of an address without one: by default other machines cannot reach the server. */
export const DEFAULT_HOSTNAME = "127.0.0.1";
/** Port of an address without one. */
export const DEFAULT_PORT = 8070;

/** Host of `:PORT`, as in nginx and gunicorn: every IPv4 address of this machine. */
const ANY_HOSTNAME = "0.0.0.0";

/** `sun_path` has 108 octets: a path ends with a NUL, and an abstract name begins with one. */
const MAX_PATH_SIZE = 107;

/** Parses one value of `bind`.
 *
 * @param text `HOST:PORT`, `[V6]:PORT`, `:PORT`, `PORT`, `unix:PATH`, `unix:@NAME`, `fd:N` or `fd:NAME`
 * @returns the address
 * @throws {RangeError} when it has no such form */
export function parseBindAddress(text: string): BindAddress {
  if (text.startsWith("unix:")) return parseUnix(text);
  if (text.startsWith("fd:")) return parseInherited(text);
  return parseTcp(text);
}

/** Whether `Deno.listen` accepts this host: a name, an IPv4 or an IPv6 address.
 *
 * @param hostname the name or address, without brackets
 * @returns whether it is well-formed; it need not exist */
export function isHostname(hostname: string): boolean {
  return isNameOrIpv4(hostname) || isIpv6(hostname);
}

/** Whether only this machine reaches a host.
 *
 * @param hostname a name or an IP address, without brackets */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127\.[0-9]+\.[0-9]+\.[0-9]+|::1)$/i.test(hostname);
}

/** Formats an address as `bind` accepts it.
 *
 * @param address one to listen on, or what a listener is bound to
 * @returns such as `HOST:PORT`, `[V6]:PORT`, `unix:PATH`, `unix:@NAME` or `fd:N` */
export function formatBindAddress(address: BindAddress | Deno.Addr): string {
  if ("hostname" in address) {
    const { hostname, port } = address;
    return (hostname.includes(":") ? `[${hostname}]` : hostname) + ":" + port;
  }
  if ("fd" in address) {
    return `fd:${address.fd}` + (address.path === undefined ? "" : `=unix:${address.path}`);
  }
  if ("path" in address) return "unix:" + address.path.replace(/^\0/, "@");
  return address.transport; // vsock, on which nothing here listens
}

/** Formats the address of a listener for its clients.
 *
 * @param addr what the listener is bound to
 * @param scheme the scheme of its URLs
 * @returns such as `http://127.0.0.1:8070/`; of a UNIX socket `unix:/run/app.sock` */
export function formatAddress(addr: Deno.Addr, scheme: "http" | "https" = "http"): string {
  const text = formatBindAddress(addr);
  return "hostname" in addr ? `${scheme}://${text}/` : text;
}

function parseTcp(text: string): TcpBindAddress {
  const colon = text.lastIndexOf(":");
  const port = parsePort(text.slice(colon + 1));
  if (port === undefined) {
    throw new RangeError(
      `Cannot bind to ${
        quoted(text)
      }: expected HOST:PORT, [V6]:PORT, :PORT or PORT, a port of 0-65535, ` +
        "or unix:PATH, unix:@NAME or fd:N",
    );
  }
  if (colon < 0) return { transport: "tcp", hostname: DEFAULT_HOSTNAME, port };
  if (colon === 0) return { transport: "tcp", hostname: ANY_HOSTNAME, port };
  const host = text.slice(0, colon);
  const bracketed = host.startsWith("[") && host.endsWith("]");
  const hostname = bracketed ? host.slice(1, -1) : host;
  if (bracketed ? !isIpv6(hostname) : !isNameOrIpv4(hostname)) {
    throw new RangeError(
      `Cannot bind to ${
        quoted(text)
      }: expected a host name, an IPv4 address or an IPv6 address in ` +
        "brackets before the port",
    );
  }
  return { transport: "tcp", hostname, port };
}

function parseUnix(text: string): UnixBindAddress {
  const name = text.slice("unix:".length);
  const abstract = name.startsWith("@");
  if (name === (abstract ? "@" : "") || name.includes("\0") || name.endsWith("/")) {
    throw new RangeError(`Cannot bind to ${quoted(text)}: expected unix:PATH or unix:@NAME`);
  }
  const length = new TextEncoder().encode(name).length;
  if (length > MAX_PATH_SIZE) {
    throw new RangeError(
      `Cannot bind to ${
        quoted(text)
      }: expected a path of at most ${MAX_PATH_SIZE} octets, got ${length}`,
    );
  }
  return { transport: "unix", path: abstract ? "\0" + name.slice(1) : name };
}

/** Allows the names that systemd allows, except those that look like a number. */
function parseInherited(text: string): InheritedBindAddress {
  const [, number, name, path] =
    /^fd:(?:([0-9]{1,6})|([^\p{Cc}:=-][^\p{Cc}:=]{0,254}))(?:=unix:([^\0@][^\0]*))?$/u.exec(text) ??
      [];
  if (number === undefined && (name === undefined || /^[0-9]+$/.test(name))) {
    throw new RangeError(
      `Cannot bind to ${quoted(text)}: expected fd:N with the number of a descriptor, or fd:NAME`,
    );
  }
  if (number !== undefined && Number(number) < 3) {
    throw new RangeError(
      `Cannot bind to ${
        quoted(text)
      }: expected a descriptor from 3, the first are standard streams`,
    );
  }
  const fd = number === undefined ? name : Number(number);
  return { transport: "fd", fd, ...(path === undefined ? {} : { path }) };
}

/** Accepts digits only: `Number` would accept `0x50`, ` 80` and `8e3` too. */
function parsePort(text: string): number | undefined {
  if (!/^[0-9]{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

function isNameOrIpv4(text: string): boolean {
  return text.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$/.test(text);
}

function isIpv6(text: string): boolean {
  return /^[0-9A-Fa-f:.]{2,45}$/.test(text) && URL.canParse(`http://[${text}]/`);
}
