// Looks up how many octets of a TCP connection the kernel still holds for its peer: not yet sent, or not
// acknowledged. Linux lists them in /proc/net/tcp. Deno gives no descriptor of a socket, so that SIOCOUTQ
// cannot be used, and lets only programs with all permissions read the list.

import { all, lastly, Promise, URL } from "../io/platform.ts";
import type { Address } from "../io/address.ts";

const LISTS = ["/proc/net/tcp", "/proc/net/tcp6"];

/** Octets held, by {@linkcode keyOf}; connections with an empty queue are left out. */
type Queues = ReadonlyMap<string, number>;

let reading: Promise<Queues | undefined> | undefined;
let unavailable = false;

/** Looks up the send queue of a connection. Look-ups at the same time share one reading of the list.
 *
 * @param local address of this end
 * @param remote address of the peer
 * @returns octets, or undefined when the system does not tell */
export async function sendQueueOf(local: Address, remote: Address): Promise<number | undefined> {
  if (unavailable || local.transport !== "tcp" || remote.transport !== "tcp") return undefined;
  reading ??= lastly(read(), () => reading = undefined);
  const queues = await reading;
  return queues?.get(keyOf(local.port, remote.port, textOfHost(remote.hostname))) ??
    (queues === undefined ? undefined : 0);
}

async function read(): Promise<Queues | undefined> {
  const queues = new Map<string, number>();
  try {
    for (const list of await all(LISTS.map(readList))) {
      for (const line of list.split("\n")) addLine(queues, line);
    }
  } catch {
    unavailable = true; // another system, or not all permissions
    return undefined;
  }
  return queues;
}

async function readList(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && path !== LISTS[0]) return ""; // no IPv6
    throw error;
  }
}

/** `sl: LOCAL:PORT REMOTE:PORT STATE TX:RX …`, all in hex. */
const LINE = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) .. ([0-9A-F]{8}):/;

function addLine(queues: Map<string, number>, line: string): void {
  const match = LINE.exec(line);
  if (match === null) return;
  const held = parseInt(match[4], 16);
  if (held === 0) return;
  queues.set(keyOf(parseInt(match[1], 16), parseInt(match[3], 16), textOfHex(match[2])), held);
}

function keyOf(localPort: number, remotePort: number, remoteHost: string): string {
  return `${localPort} ${remotePort} ${remoteHost}`;
}

/** The canonical text of an address in the list: words of 32 bits, each in the byte order of the machine. */
function textOfHex(hex: string): string {
  const words = hex.match(/.{8}/g)!.map((word) => word.match(/../g)!.reverse().join(""));
  if (words.length === 1 || words.slice(0, 3).join("") === "00000000000000000000FFFF") {
    return words.at(-1)!.match(/../g)!.map((octet) => parseInt(octet, 16)).join(".");
  }
  return textOfHost(words.map((word) => `${word.slice(0, 4)}:${word.slice(4)}`).join(":"));
}

/** The canonical text of an address as Deno gives it. */
function textOfHost(hostname: string): string {
  const host = hostname.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  return host.includes(":") ? new URL(`http://[${host}]`).hostname : host;
}
