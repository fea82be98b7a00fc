// Decides whether an address is trusted, given a list of addresses and networks as text. There is no word
// that trusts all addresses; `0.0.0.0/0` and `::/0` do that if it is really meant.

import { quoted } from "../http1/protocol_error.ts";
import type { Address } from "../io/address.ts";
import { formatIp, type IpOctets, parseIp, unmapped } from "./ip_address.ts";

/** Stands for every client of a UNIX socket. */
const UNIX = "unix";

/** All addresses that begin with the same bits. */
interface Network {
  /** Four octets or sixteen; a network of one kind contains no address of the other. */
  readonly octets: IpOctets;
  readonly prefixLength: number;
}

/** The sources that are trusted. */
export class TrustedSources {
  readonly #networks: readonly Network[];
  readonly #unix: boolean;

  /** Parses a list.
   *
   * @param texts IP addresses, networks such as `10.0.0.0/8`, or `unix` for UNIX sockets
   * @throws {RangeError} when an element is malformed */
  constructor(texts: readonly string[]) {
    this.#unix = texts.includes(UNIX);
    this.#networks = texts.filter((text) => text !== UNIX).map(parseNetwork);
  }

  /** Whether a connection from an address is trusted.
   *
   * @param address address of the peer */
  has(address: Address): boolean {
    if (!("hostname" in address)) return this.#unix;
    const octets = parseIp(address.hostname);
    return octets !== undefined && this.hasIp(octets);
  }

  /** Whether an IP address is trusted.
   *
   * @param octets octets of IPv4 or IPv6 */
  hasIp(octets: IpOctets): boolean {
    const address = unmapped(octets);
    return this.#networks.some((network) => holds(network, address));
  }
}

function parseNetwork(text: string): Network {
  const slash = text.indexOf("/");
  const parsed = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (parsed === undefined) {
    throw new RangeError(
      `Cannot trust ${quoted(text)}: expected an IP address, a network such as 10.0.0.0/8 or ` +
        '"unix" for UNIX sockets',
    );
  }
  const bits = parsed.length * 8;
  const given = slash < 0 ? bits : parsePrefixLength(text.slice(slash + 1), bits);
  if (given === undefined) {
    throw new RangeError(
      `Cannot trust ${quoted(text)}: expected a prefix length of 0-${bits} behind the slash`,
    );
  }
  const network = { octets: parsed, prefixLength: given };
  // 10.1.2.3/8 is ambiguous: it may mean the address or the network.
  const first = masked(network);
  if (formatIp(first) !== formatIp(parsed)) {
    throw new RangeError(
      `Cannot trust ${quoted(text)}: its address has bits behind the prefix, expected ` +
        `${formatIp(first)}/${given} or a single address`,
    );
  }
  const octets = given >= 96 ? unmapped(parsed) : parsed;
  return { octets, prefixLength: given - 8 * (parsed.length - octets.length) };
}

function parsePrefixLength(text: string, most: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,2})$/.test(text)) return undefined;
  const length = Number(text);
  return length <= most ? length : undefined;
}

function masked({ octets, prefixLength }: Network): IpOctets {
  return octets.map((octet, index) => octet & maskOf(prefixLength - 8 * index));
}

function holds(network: Network, address: IpOctets): boolean {
  const { octets, prefixLength } = network;
  if (octets.length !== address.length) return false;
  for (let at = 0; 8 * at < prefixLength; at++) {
    if (((octets[at] ^ address[at]) & maskOf(prefixLength - 8 * at)) !== 0) return false;
  }
  return true;
}

/** Mask of the bits of an octet that belong to a prefix with `bitsLeft` bits left. */
function maskOf(bitsLeft: number): number {
  return bitsLeft >= 8 ? 0xff : bitsLeft <= 0 ? 0 : 0xff << (8 - bitsLeft) & 0xff;
}
