// Parses version 1 of the PROXY protocol, a line of text: `PROXY TCP4 SOURCE DESTINATION PORT PORT` and
// CRLF. It follows the exact grammar (§2.1): one space between words, no leading zeros.

import { TextEncoder } from "../io/platform.ts";
import { LF, textOf } from "../http1/grammar.ts";
import { quoted } from "../http1/protocol_error.ts";
import type { Address } from "../io/address.ts";
import { formatIp, parseIpv4, parseIpv6 } from "./ip_address.ts";
import { malformedHeader, type ProxiedEndpoints, type ProxyHeaderReading } from "./proxy_header.ts";

/** The first octets of every header of version 1. */
export const SIGNATURE_1: Uint8Array = new TextEncoder().encode("PROXY ");

/** Octets of the longest line that the standard allows, CRLF included. */
const LONGEST_LINE = 107;

/** Parses a header of version 1.
 *
 * @param octets all octets that have arrived, beginning with the signature or a part of it
 * @returns the header, or that more octets are needed
 * @throws {ProxyHeaderError} when it is malformed */
export function readVersion1(octets: Uint8Array): ProxyHeaderReading {
  const end = octets.subarray(0, LONGEST_LINE).indexOf(LF);
  if (end < 0) {
    if (octets.length < LONGEST_LINE) return { kind: "need-data" };
    throw malformedHeader(`expected a line of at most ${LONGEST_LINE} octets`);
  }
  const line = textOf(octets, 0, end, false);
  if (!line.endsWith("\r")) throw malformedHeader(`expected CRLF behind ${quoted(line)}`);
  const endpoints = parseLine(line.slice(SIGNATURE_1.length, -1));
  return { kind: "header", length: end + 1, header: { version: 1, endpoints, secure: false } };
}

function parseLine(rest: string): ProxiedEndpoints | undefined {
  const words = rest.split(" ");
  const [family, source, destination, sourcePort, destinationPort] = words;
  if (family === "UNKNOWN") return undefined; // the rest of the line is to be ignored
  if (family !== "TCP4" && family !== "TCP6") {
    throw malformedHeader(`expected TCP4, TCP6 or UNKNOWN, got ${quoted(family)}`);
  }
  if (words.length !== 5) {
    throw malformedHeader(`expected two addresses and two ports, got ${quoted(rest)}`);
  }
  return {
    source: addressOf(family, source, sourcePort),
    destination: addressOf(family, destination, destinationPort),
  };
}

function addressOf(family: "TCP4" | "TCP6", address: string, port: string): Address {
  const octets = family === "TCP4" ? parseIpv4(address) : parseIpv6(address);
  if (octets === undefined) {
    throw malformedHeader(`expected an address of ${family}, got ${quoted(address)}`);
  }
  if (!/^(0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65_535) {
    throw malformedHeader(`expected a port of 0-65535, got ${quoted(port)}`);
  }
  return { transport: "tcp", hostname: formatIp(octets), port: Number(port) };
}
