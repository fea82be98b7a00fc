// Where is a server to listen? Reads the spellings of an address that `bind` takes and writes a bound
// address as people paste it into a browser. It opens nothing and looks no name up.

import { quoted } from "./http1/protocol_error.ts";

/** An address to listen on. */
export interface BindAddress {
  /** The only transport of this version. */
  readonly transport: "tcp";
  /** Name or IP address, an IPv6 one without brackets. */
  readonly hostname: string;
  /** TCP port; 0 asks the system for a free one. */
  readonly port: number;
}

/** Where an address without a host listens: not reachable from other machines unless asked for. */
export const DEFAULT_HOSTNAME = "127.0.0.1";
/** Where an address without a port listens. */
export const DEFAULT_PORT = 8070;

/** Reads one value of `bind`.
 *
 * @param text `HOST:PORT`, `[V6]:PORT` or `PORT`
 * @returns the address
 * @throws {RangeError} when it is none of these */
export function parseBindAddress(text: string): BindAddress {
  const unsupported = /^(unix|fd):/.exec(text);
  if (unsupported !== null) {
    const kind = unsupported[1] === "unix" ? "UNIX sockets" : "inherited file descriptors";
    throw new RangeError(
      `Cannot bind to ${quoted(text)}: ${kind} are not supported by this version`,
    );
  }
  const colon = text.lastIndexOf(":");
  const port = parsePort(text.slice(colon + 1));
  if (port === undefined) {
    throw new RangeError(
      `Cannot bind to ${quoted(text)}: expected HOST:PORT, [V6]:PORT or PORT, a port of 0-65535`,
    );
  }
  if (colon < 0) return { transport: "tcp", hostname: DEFAULT_HOSTNAME, port };
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

/** Whether `Deno.listen` can be asked for this host: a name, an IPv4 or a bare IPv6 address.
 *
 * @param hostname the name or address, without brackets
 * @returns whether it is well-formed; not whether it exists */
export function isHostname(hostname: string): boolean {
  return isNameOrIpv4(hostname) || isIpv6(hostname);
}

/** Writes an address as `bind` takes it.
 *
 * @param address the address
 * @returns `HOST:PORT` or `[V6]:PORT` */
export function formatBindAddress(address: Pick<BindAddress, "hostname" | "port">): string {
  const { hostname, port } = address;
  return (hostname.includes(":") ? `[${hostname}]` : hostname) + ":" + port;
}

/** Writes the address of a listener as the URL that reaches it.
 *
 * @param addr what the listener is bound to
 * @param scheme what is spoken there
 * @returns such as `http://127.0.0.1:8070/` */
export function formatAddress(addr: Deno.NetAddr, scheme: "http" | "https" = "http"): string {
  return `${scheme}://${formatBindAddress(addr)}/`;
}

/** Digits only: `Number` would take `0x50`, ` 80` and `8e3` as well. */
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
