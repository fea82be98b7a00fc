// Parses and formats IPv4 and IPv6 addresses. Trust depends on addresses, so it checks every character and
// repairs nothing. It accepts no names, no zones, and no leading zeros, which one reader takes for octal
// and another for decimal.

/** The octets of an IP address: 4 for IPv4, 16 for IPv6. */
export type IpOctets = Uint8Array<ArrayBuffer>;

const COLON = 0x3a;

/** Parses an IPv4 or IPv6 address.
 *
 * @param text the address, an IPv6 one without brackets
 * @returns its octets, or undefined when it is malformed */
export function parseIp(text: string): IpOctets | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** Parses an IPv4 address: four numbers up to 255.
 *
 * @param text the address
 * @returns four octets, or undefined when it is malformed */
export function parseIpv4(text: string): IpOctets | undefined {
  const octets = new Uint8Array(4);
  return readIpv4(text, 0, octets, 0) ? octets : undefined;
}

/** Parses an IPv6 address (RFC 4291 §2.2).
 *
 * @param text the address without brackets
 * @returns sixteen octets, or undefined when it is malformed */
export function parseIpv6(text: string): IpOctets | undefined {
  const octets = new Uint8Array(16);
  let filled = 0;
  let gap = -1; // position of "::", in octets
  let at = 0;
  if (text.startsWith("::")) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (filled === 16) return undefined;
    const begin = at;
    let group = 0;
    for (let digit; at < text.length && (digit = hexDigit(text.charCodeAt(at))) >= 0; at++) {
      group = group * 16 + digit;
    }
    if (text.charAt(at) === ".") { // the last four octets may be written as IPv4
      if (filled > 12 || !readIpv4(text, begin, octets, filled)) return undefined;
      filled += 4;
      break;
    }
    if (at === begin || at - begin > 4) return undefined;
    octets[filled++] = group >> 8;
    octets[filled++] = group & 0xff;
    if (at === text.length) break;
    if (text.charCodeAt(at++) !== COLON) return undefined;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return undefined;
      gap = filled;
      at++;
    } else if (at === text.length) {
      return undefined;
    }
  }
  if (gap < 0) return filled === 16 ? octets : undefined;
  if (filled > 14) return undefined; // "::" stands for at least one group
  octets.copyWithin(16 - (filled - gap), gap, filled);
  return octets.fill(0, gap, 16 - (filled - gap));
}

/** Formats an address as the system does (RFC 5952): the longest run of zero groups as `::`, an IPv4
 * address in IPv6 as `::ffff:192.0.2.1`.
 *
 * @param octets four or sixteen octets
 * @returns the text, without brackets */
export function formatIp(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join(".");
  if (isMapped(octets)) return "::ffff:" + octets.subarray(12).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => octets[2 * i] << 8 | octets[2 * i + 1]);
  let [longest, begin] = [1, -1]; // a single zero group is written out
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (groups[from + length] === 0) length++;
    if (length > longest) [longest, begin] = [length, from];
  }
  const hex = (from: number, to: number) =>
    groups.slice(from, to).map((group) => group.toString(16)).join(":");
  return begin < 0 ? hex(0, 8) : `${hex(0, begin)}::${hex(begin + longest, 8)}`;
}

/** The IPv4 address of an IPv4-mapped IPv6 address, which a socket for both versions shows; any other
 * address unchanged.
 *
 * @param octets four or sixteen octets
 * @returns the octets to compare */
export function unmapped(octets: IpOctets): IpOctets {
  return octets.length === 16 && isMapped(octets) ? octets.subarray(12) : octets;
}

/** Whether the address is in ::ffff:0:0/96. */
function isMapped(octets: Uint8Array): boolean {
  if (octets[10] !== 0xff || octets[11] !== 0xff) return false;
  for (let at = 0; at < 10; at++) if (octets[at] !== 0) return false;
  return true;
}

/** Parses an IPv4 address from index `at` to the end of the text, into four octets from index `to` on. */
function readIpv4(text: string, at: number, octets: Uint8Array, to: number): boolean {
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charAt(at++) !== ".") return false;
    const begin = at;
    let number = 0;
    for (; at < text.length && at - begin < 3; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      number = number * 10 + digit;
    }
    const leadingZero = at - begin > 1 && text.charAt(begin) === "0";
    if (at === begin || number > 255 || leadingZero) return false;
    octets[to + part] = number;
  }
  return at === text.length;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter <= 5 ? letter + 10 : -1;
}
