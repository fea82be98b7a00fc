// Parses version 2 of the PROXY protocol (§2.2), in octets:
//
//    0  signature, 12 octets             16  addresses and ports of the family
//   12  version 2, command                 …  extensions: type, length of two octets, value
//   13  family, transport
//   14  length of all that follows

import { TextDecoder, TextEncoder } from "../io/platform.ts";
import type { Address } from "../io/address.ts";
import { crc32c } from "./crc32c.ts";
import { formatIp } from "./ip_address.ts";
import { malformedHeader, type ProxiedEndpoints, type ProxyHeaderReading } from "./proxy_header.ts";

/** The first octets of every header of version 2; no HTTP request and no TLS handshake begins with them. */
export const SIGNATURE_2: Uint8Array = new TextEncoder().encode("\r\n\r\n\0\r\nQUIT\n");

const FIXED_LENGTH = 16;

/** Octets of both addresses with their ports, if there are any. */
const ADDRESS_LENGTHS = { ipv4: 12, ipv6: 36, unix: 216 } as const;

// Types of extensions (§2.2.1).
const CRC32C = 0x03;
const SSL = 0x20;
/** The bit of an SSL extension that tells that the client used TLS. */
const CLIENT_SSL = 0x01;

/** Parses a header of version 2.
 *
 * @param octets all octets that have arrived, beginning with the signature or a part of it
 * @param longest octets that a header may have
 * @returns the header, or that more octets are needed
 * @throws {ProxyHeaderError} when it is malformed */
export function readVersion2(octets: Uint8Array, longest: number): ProxyHeaderReading {
  if (octets.length < FIXED_LENGTH) return { kind: "need-data" };
  const command = commandOf(octets[12]);
  const length = FIXED_LENGTH + uint16(octets, 14);
  if (length > longest) {
    throw malformedHeader(`expected at most ${longest} octets, got ${length}`);
  }
  if (octets.length < length) return { kind: "need-data" };
  const whole = octets.subarray(0, length);
  // LOCAL is a connection of the proxy itself, such as a health check; the rest is then to be ignored.
  if (command === "LOCAL") return { kind: "header", length, header: NO_ENDPOINTS };

  const family = familyOf(octets[13]);
  if (family === "unspecified") return { kind: "header", length, header: NO_ENDPOINTS };
  const extensions = FIXED_LENGTH + ADDRESS_LENGTHS[family];
  if (extensions > length) {
    throw malformedHeader(
      `expected two addresses of ${family}, got ${length - FIXED_LENGTH} octets`,
    );
  }
  const secure = readExtensions(whole, extensions);
  const endpoints = endpointsOf(family, whole.subarray(FIXED_LENGTH, extensions));
  return { kind: "header", length, header: { version: 2, endpoints, secure } };
}

const NO_ENDPOINTS = { version: 2, endpoints: undefined, secure: false } as const;

function commandOf(octet: number): "LOCAL" | "PROXY" {
  if (octet === 0x20) return "LOCAL";
  if (octet === 0x21) return "PROXY";
  throw malformedHeader(`expected version 2 and a command of 0 or 1, got ${hex(octet)}`);
}

function familyOf(octet: number): keyof typeof ADDRESS_LENGTHS | "unspecified" {
  switch (octet) {
    case 0x00:
      return "unspecified";
    case 0x11:
      return "ipv4";
    case 0x21:
      return "ipv6";
    case 0x31:
      return "unix";
    default: // HTTP/1.1 is not used over datagrams
      throw malformedHeader(`expected a stream of IPv4, IPv6 or UNIX, got ${hex(octet)}`);
  }
}

function endpointsOf(family: keyof typeof ADDRESS_LENGTHS, block: Uint8Array): ProxiedEndpoints {
  if (family === "unix") {
    return {
      source: unixAddress(block.subarray(0, 108)),
      destination: unixAddress(block.subarray(108)),
    };
  }
  const size = family === "ipv4" ? 4 : 16;
  const tcpAddress = (at: number, portAt: number): Address => {
    const hostname = formatIp(block.subarray(at, at + size));
    return { transport: "tcp", hostname, port: uint16(block, portAt) };
  };
  return { source: tcpAddress(0, 2 * size), destination: tcpAddress(size, 2 * size + 2) };
}

/** The address of a UNIX socket: its path ends at a NUL. An abstract name begins with a NUL, for which `@`
 * stands as in `bind`. A socket without a name has an empty path. */
function unixAddress(field: Uint8Array): Address {
  const named = (from: number) => {
    const end = field.indexOf(0, from);
    return new TextDecoder().decode(field.subarray(from, end < 0 ? field.length : end));
  };
  const abstract = field[0] === 0 ? named(1) : "";
  return { transport: "unix", path: abstract === "" ? named(0) : "@" + abstract };
}

/** Reads the extensions, each of which must end within the header.
 *
 * @returns whether the client used TLS */
function readExtensions(header: Uint8Array, from: number): boolean {
  let secure = false;
  for (let at = from; at < header.length;) {
    const value = at + 3;
    const end = value + (value <= header.length ? uint16(header, at + 1) : 0);
    if (value > header.length || end > header.length) {
      throw malformedHeader("expected an extension to end within it");
    }
    const type = header[at];
    if (type === CRC32C) {
      checkSum(header, value, end);
    } else if (type === SSL) {
      if (end - value < 5) throw malformedHeader("expected 5 octets in its SSL extension");
      secure = (header[value] & CLIENT_SSL) !== 0;
    }
    at = end;
  }
  return secure;
}

/** Checks the checksum. It is that of the whole header with zeros in place of the checksum. */
function checkSum(header: Uint8Array, from: number, end: number): void {
  if (end - from !== 4) throw malformedHeader("expected 4 octets in its checksum");
  const zeroed = header.slice().fill(0, from, end);
  const stated = uint16(header, from) * 0x10000 + uint16(header, from + 2);
  if (crc32c(zeroed) !== stated) throw malformedHeader("its checksum is that of other octets");
}

function uint16(octets: Uint8Array, at: number): number {
  return octets[at] << 8 | octets[at + 1];
}

function hex(octet: number): string {
  return "0x" + octet.toString(16).padStart(2, "0");
}
