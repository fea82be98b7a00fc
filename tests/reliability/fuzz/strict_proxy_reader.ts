// A second reading of PROXY headers, after "The PROXY protocol, versions 1 & 2" and docs/proxies.md. It shares no code
// with src/: addresses are those that node:net takes, and a header is read from whole octets.

import { isIPv4, isIPv6 } from "node:net";

/** What the octets at the beginning of a connection are. */
export type ProxyReading =
  | "absent"
  | "incomplete"
  | "malformed"
  | { readonly length: number; readonly source: string | undefined; readonly secure: boolean };

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const ADDRESSES: Readonly<Record<number, number>> = { 0x11: 12, 0x21: 36, 0x31: 216 };

/** Reads octets.
 *
 * @param octets one character an octet
 * @returns what they are */
export function readProxyStrictly(octets: string): ProxyReading {
  const [start, binary] = ["PROXY ", SIGNATURE].map((signature) =>
    signature.startsWith(octets.slice(0, signature.length))
  );
  if (!start && !binary) return "absent";
  return start ? readLine(octets) : readBinary(octets);
}

function readLine(octets: string): ProxyReading {
  const line = /^[^\n]{0,106}\n/.exec(octets)?.[0];
  if (line === undefined) return octets.length < 107 ? "incomplete" : "malformed";
  if (/^PROXY UNKNOWN(?: [^\n]*)?\r\n$/.test(line)) {
    return { length: line.length, source: undefined, secure: false };
  }
  const match = /^PROXY TCP([46]) ([^ ]+) ([^ ]+) (\d+) (\d+)\r\n$/.exec(line);
  if (match === null) return "malformed";
  const [, version, source, destination, ...ports] = match;
  const isAddress = (text: string) =>
    version === "4" ? isIPv4(text) : isIPv6(text) && !text.includes("%");
  const isPort = (text: string) => `${Number(text)}` === text && Number(text) < 65_536;
  if (!isAddress(source) || !isAddress(destination) || !ports.every(isPort)) return "malformed";
  return { length: line.length, source: canonical(source, ports[0]), secure: false };
}

function readBinary(octets: string): ProxyReading {
  if (octets.length < 16) return "incomplete";
  const [command, family, high, low] = [12, 13, 14, 15].map((at) => octets.charCodeAt(at));
  const length = 16 + 256 * high + low;
  if (command !== 0x20 && command !== 0x21 || length > 4_096) return "malformed";
  if (octets.length < length) return "incomplete";
  if (command === 0x20 || family === 0) return { length, source: undefined, secure: false };
  const size = ADDRESSES[family];
  if (size === undefined || length < 16 + size) return "malformed";
  const view = new DataView(
    Uint8Array.from(octets.slice(0, length), (c) => c.charCodeAt(0)).buffer,
  );
  let secure = false;
  for (let at = 16 + size; at < length;) {
    if (at + 3 > length) return "malformed";
    const end = at + 3 + view.getUint16(at + 1);
    if (end > length) return "malformed";
    const type = view.getUint8(at);
    if (type === 0x03 && !isChecksum(view, at + 3, end)) return "malformed";
    if (type === 0x20) {
      if (end - at < 8) return "malformed";
      secure = view.getUint8(at + 3) % 2 === 1;
    }
    at = end;
  }
  return { length, source: sourceOf(view, family), secure };
}

function sourceOf(view: DataView, family: number): string {
  const at = (index: number) => view.getUint8(16 + index);
  if (family === 0x11) {
    return canonical([at(0), at(1), at(2), at(3)].join("."), `${view.getUint16(24)}`);
  }
  if (family === 0x21) {
    const groups = Array.from({ length: 8 }, (_, i) => view.getUint16(16 + 2 * i).toString(16));
    return canonical(groups.join(":"), `${view.getUint16(48)}`);
  }
  return "unix";
}

/** An address in the one spelling that the platform's URLs have. */
export function canonical(hostname: string, port: string): string {
  const { hostname: spelled } = new URL(`http://${isIPv6(hostname) ? `[${hostname}]` : hostname}/`);
  return `${spelled} ${port}`;
}

/** CRC-32C bit by bit, over the header with zeros in place of the sum. */
function isChecksum(view: DataView, from: number, end: number): boolean {
  if (end - from !== 4) return false;
  let sum = 0xffff_ffff;
  for (let at = 0; at < view.byteLength; at++) {
    sum ^= at >= from && at < end ? 0 : view.getUint8(at);
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >>> 1 ^ 0x82f6_3b78 : sum >>> 1;
  }
  return (~sum >>> 0) === view.getUint32(from);
}
