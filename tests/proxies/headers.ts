// Makes PROXY headers for tests, independently of the server's code.

/** Octets of text, one character an octet. */
export function ascii(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Concatenates octets. */
export function joined(...parts: readonly (Uint8Array | readonly number[])[]) {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export const SIGNATURE = ascii("\r\n\r\n\x00\r\nQUIT\n");

/** A number as two octets. */
export function uint16(number: number): number[] {
  return [number >> 8, number & 0xff];
}

/** A header of version 2.
 *
 * @param command the octet of version and command
 * @param family the octet of family and transport
 * @param rest addresses and extensions, which its length counts */
export function version2(command: number, family: number, ...rest: (Uint8Array | number[])[]) {
  const block = joined(...rest);
  return joined(SIGNATURE, [command, family], uint16(block.length), block);
}

/** An extension of version 2. */
export function extension(type: number, value: Uint8Array | readonly number[]) {
  return joined([type], uint16(value.length), value);
}

/** 192.0.2.1 port 1000 to 198.51.100.2 port 443. */
export const IPV4_BLOCK = joined([192, 0, 2, 1], [198, 51, 100, 2], uint16(1000), uint16(443));

const ipv6 = (last: number) => [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];

/** 2001:db8::1 port 1000 to 2001:db8::2 port 443. */
export const IPV6_BLOCK = joined(ipv6(1), ipv6(2), uint16(1000), uint16(443));

/** A path as in the addresses of UNIX sockets. */
export function unixPath(path: string): Uint8Array {
  const field = new Uint8Array(108);
  field.set(new TextEncoder().encode(path));
  return field;
}

/** A header of version 1 for a connection from 192.0.2.1 port 1000 to 198.51.100.2 port 443. */
export const LINE = ascii("PROXY TCP4 192.0.2.1 198.51.100.2 1000 443\r\n");

/** The same in version 2. */
export const BINARY = version2(0x21, 0x11, IPV4_BLOCK);
