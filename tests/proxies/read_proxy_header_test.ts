// Reading of valid, absent and malformed PROXY headers. Every row is read whole, octet by octet, and with
// more octets behind it.

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { crc32c } from "../../src/proxies/crc32c.ts";
import { formatIp } from "../../src/proxies/ip_address.ts";
import { type ProxyHeader, ProxyHeaderError } from "../../src/proxies/proxy_header.ts";
import { LONGEST_HEADER, readProxyHeader } from "../../src/proxies/read_proxy_header.ts";
import {
  ascii,
  BINARY,
  extension,
  IPV4_BLOCK,
  IPV6_BLOCK,
  joined,
  LINE,
  SIGNATURE,
  uint16,
  unixPath,
  version2,
} from "./headers.ts";

const tcp = (hostname: string, port: number) => ({ transport: "tcp" as const, hostname, port });
const unix = (path: string) => ({ transport: "unix" as const, path });

const IPV4 = { source: tcp("192.0.2.1", 1000), destination: tcp("198.51.100.2", 443) };
const IPV6 = { source: tcp("2001:db8::1", 1000), destination: tcp("2001:db8::2", 443) };

/** The header with its checksum filled in. */
function summed(header: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
  const sum = crc32c(header);
  header.set([...uint16(sum >>> 16), ...uint16(sum & 0xffff)], at);
  return header;
}

const ssl = (client: number, length = 5) => extension(0x20, [client, ...Array(length - 1).fill(0)]);

type Endpoints = ProxyHeader["endpoints"];
const headers: [
  name: string,
  octets: Uint8Array,
  version: 1 | 2,
  endpoints: Endpoints,
  secure?: true,
][] = [
  ["version 1, IPv4", LINE, 1, IPV4],
  [
    "version 1, IPv6",
    ascii("PROXY TCP6 2001:DB8::1 2001:db8:0:0::2 1000 443\r\n"),
    1,
    IPV6,
  ],
  ["version 1, unknown", ascii("PROXY UNKNOWN\r\n"), 1, undefined],
  [
    "version 1, unknown with addresses",
    ascii("PROXY UNKNOWN " + "f".repeat(91) + "\r\n"),
    1,
    undefined,
  ],
  [
    "version 1, the longest line of IPv6",
    ascii(
      "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1 " +
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
    ),
    1,
    {
      source: tcp("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff1", 65535),
      destination: tcp("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
    },
  ],
  [
    "version 1, port 0",
    ascii("PROXY TCP4 0.0.0.0 255.255.255.255 0 0\r\n"),
    1,
    { source: tcp("0.0.0.0", 0), destination: tcp("255.255.255.255", 0) },
  ],
  ["version 2, IPv4", BINARY, 2, IPV4],
  ["version 2, IPv6", version2(0x21, 0x21, IPV6_BLOCK), 2, IPV6],
  [
    "version 2, UNIX",
    version2(0x21, 0x31, unixPath("/run/a"), unixPath("/run/" + "b".repeat(103))),
    2,
    { source: unix("/run/a"), destination: unix("/run/" + "b".repeat(103)) },
  ],
  [
    "version 2, UNIX without a name and with an abstract one",
    version2(0x21, 0x31, unixPath(""), unixPath("\0name")),
    2,
    { source: unix(""), destination: unix("@name") },
  ],
  ["version 2, unspecified", version2(0x21, 0x00), 2, undefined],
  ["version 2, unspecified with something", version2(0x21, 0x00, [1, 2, 3]), 2, undefined],
  ["version 2, local", version2(0x20, 0x00), 2, undefined],
  ["version 2, local with an address", version2(0x20, 0x11, IPV4_BLOCK), 2, undefined],
  ["version 2, local with anything", version2(0x20, 0xff, [1, 2, 3]), 2, undefined],
  [
    "version 2, extensions",
    version2(0x21, 0x11, IPV4_BLOCK, extension(0x02, ascii("a.example")), extension(0x04, [])),
    2,
    IPV4,
  ],
  [
    "version 2, the longest that is read",
    version2(0x21, 0x11, IPV4_BLOCK, extension(0x04, new Uint8Array(LONGEST_HEADER - 31))),
    2,
    IPV4,
  ],
  [
    "version 2, a checksum",
    summed(version2(0x21, 0x11, IPV4_BLOCK, extension(0x03, [0, 0, 0, 0]), extension(4, [7])), 31),
    2,
    IPV4,
  ],
  ["version 2, TLS", version2(0x21, 0x11, IPV4_BLOCK, ssl(0x01)), 2, IPV4, true],
  [
    "version 2, TLS with more in it",
    version2(0x21, 0x11, IPV4_BLOCK, ssl(0x07, 30)),
    2,
    IPV4,
    true,
  ],
  ["version 2, no TLS", version2(0x21, 0x11, IPV4_BLOCK, ssl(0x00)), 2, IPV4],
];
for (const [name, octets, version, endpoints, secure = false] of headers) {
  Deno.test(`readProxyHeader reads ${name}`, () => {
    const reading = {
      kind: "header",
      length: octets.length,
      header: { version, endpoints, secure },
    };
    assertEquals(readProxyHeader(octets), reading as ReturnType<typeof readProxyHeader>);
    for (const more of [ascii("GET / HTTP/1.1\r\n"), octets, new Uint8Array([0])]) {
      assertEquals(readProxyHeader(joined(octets, more)), reading as typeof reading & never);
    }
    for (let length = 1; length < octets.length; length++) {
      assertEquals(readProxyHeader(octets.subarray(0, length)), { kind: "need-data" });
    }
  });
}

const absent: [name: string, octets: Uint8Array][] = [
  ["a request", ascii("GET / HTTP/1.1\r\n\r\n")],
  ["a method that begins as the word does", ascii("PROXYING / HTTP/1.1\r\n")],
  ["a shorter one", ascii("PROPFIND / HTTP/1.1\r\n")],
  ["the word in small letters", ascii("proxy TCP4")],
  ["an empty line before a request", ascii("\r\nGET / HTTP/1.1\r\n")],
  ["two of them", ascii("\r\n\r\nGET / HTTP/1.1\r\n")],
  ["a TLS handshake", new Uint8Array([0x16, 0x03, 0x01])],
  ["a signature that ends otherwise", ascii("\r\n\r\n\x00\r\nQUIT\r")],
];
for (const [name, octets] of absent) {
  Deno.test(`readProxyHeader finds no header in ${name}`, () => {
    const kinds = Array.from(octets, (_, i) => readProxyHeader(octets.subarray(0, i + 1)).kind);
    const first = kinds.indexOf("absent");
    assert(first >= 0);
    assertEquals(new Set(kinds.slice(0, first)).size, first === 0 ? 0 : 1);
    assertEquals(new Set(kinds.slice(first)), new Set(["absent"] as const));
  });
}

const malformed: [octets: Uint8Array | string, says: string][] = [
  ["PROXY TCP4 192.0.2.1 198.51.100.2 1000 443\n", "expected CRLF"],
  ["PROXY \r\n", 'expected TCP4, TCP6 or UNKNOWN, got ""'],
  ["PROXY tcp4 192.0.2.1 198.51.100.2 1000 443\r\n", 'got "tcp4"'],
  ["PROXY UDP4 192.0.2.1 198.51.100.2 1000 443\r\n", 'got "UDP4"'],
  ["PROXY UNKNOWNS\r\n", 'got "UNKNOWNS"'],
  ["PROXY / HTTP/1.1\r\n", 'got "/"'],
  ["PROXY  TCP4 192.0.2.1 198.51.100.2 1000 443\r\n", 'got ""'],
  ["PROXY TCP4  192.0.2.1 198.51.100.2 1000 443\r\n", "two addresses and two ports"],
  ["PROXY TCP4 192.0.2.1 198.51.100.2 1000 443 \r\n", "two addresses and two ports"],
  ["PROXY TCP4 192.0.2.1 198.51.100.2 1000\r\n", "two addresses and two ports"],
  ["PROXY TCP4 192.0.2.1 198.51.100.2 1000 443 1\r\n", "two addresses and two ports"],
  ["PROXY TCP4\t192.0.2.1 198.51.100.2 1000 443\r\n", "expected TCP4"],
  ["PROXY TCP4 2001:db8::1 2001:db8::2 1000 443\r\n", "expected an address of TCP4"],
  ["PROXY TCP6 192.0.2.1 198.51.100.2 1000 443\r\n", "expected an address of TCP6"],
  ["PROXY TCP4 192.0.2.256 198.51.100.2 1000 443\r\n", 'got "192.0.2.256"'],
  ["PROXY TCP4 192.0.2.01 198.51.100.2 1000 443\r\n", 'got "192.0.2.01"'],
  ["PROXY TCP4 a.example 198.51.100.2 1000 443\r\n", 'got "a.example"'],
  ["PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n", 'a port of 0-65535, got "65536"'],
  ["PROXY TCP4 192.0.2.1 198.51.100.2 01000 443\r\n", 'got "01000"'],
  ["PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n", 'got "-1"'],
  ["PROXY TCP4 192.0.2.1 198.51.100.2 1000 4e2\r\n", 'got "4e2"'],
  ["PROXY TCP4 192.0.2.1 198.51.100.2 1000 \xb9\r\n", 'got "\\xb9"'],
  ["PROXY UNKNOWN " + "f".repeat(92) + "\r\n", "a line of at most 107 octets"],
  ["PROXY " + "f".repeat(101), "a line of at most 107 octets"],
  [version2(0x11, 0x11, IPV4_BLOCK), "expected version 2 and a command of 0 or 1, got 0x11"],
  [version2(0x22, 0x11, IPV4_BLOCK), "got 0x22"],
  [version2(0x21, 0x12, IPV4_BLOCK), "expected a stream of IPv4, IPv6 or UNIX, got 0x12"],
  [version2(0x21, 0x10, IPV4_BLOCK), "got 0x10"],
  [version2(0x21, 0x41, IPV4_BLOCK), "got 0x41"],
  [version2(0x21, 0x11, IPV4_BLOCK.subarray(1)), "two addresses of ipv4, got 11 octets"],
  [version2(0x21, 0x21, IPV6_BLOCK.subarray(1)), "two addresses of ipv6, got 35 octets"],
  [version2(0x21, 0x31, new Uint8Array(215)), "two addresses of unix, got 215 octets"],
  [version2(0x21, 0x11), "two addresses of ipv4, got 0 octets"],
  [joined(SIGNATURE, [0x21, 0x11, 0xff, 0xff]), "expected at most 4096 octets, got 65551"],
  [joined(SIGNATURE, [0x20, 0x00], uint16(LONGEST_HEADER - 15)), "got 4097"],
  [version2(0x21, 0x11, IPV4_BLOCK, [4]), "an extension to end within it"],
  [version2(0x21, 0x11, IPV4_BLOCK, [4, 0]), "an extension to end within it"],
  [version2(0x21, 0x11, IPV4_BLOCK, [4, 0, 1]), "an extension to end within it"],
  [version2(0x21, 0x11, IPV4_BLOCK, [4, 0xff, 0xff, 0]), "an extension to end within it"],
  [version2(0x21, 0x11, IPV4_BLOCK, extension(3, [0, 0, 0])), "4 octets in its checksum"],
  [
    version2(0x21, 0x11, IPV4_BLOCK, extension(3, [0, 0, 0, 1])),
    "checksum is that of other octets",
  ],
  [
    version2(0x21, 0x11, IPV4_BLOCK, extension(0x20, [1, 0, 0, 0])),
    "5 octets in its SSL extension",
  ],
];
for (const [given, says] of malformed) {
  const octets = typeof given === "string" ? ascii(given) : given;
  Deno.test(`readProxyHeader rejects ${shown(octets)}: ${says}`, () => {
    assertThrows(() => readProxyHeader(octets), ProxyHeaderError, says);
    assertThrows(() => readProxyHeader(joined(octets, ascii("GET "))), ProxyHeaderError, says);
    // It is rejected as soon as the fault has arrived; before that more octets are requested.
    const kinds = new Set<string>();
    for (let length = 1; length < octets.length; length++) {
      try {
        kinds.add(readProxyHeader(octets.subarray(0, length)).kind);
      } catch (error) {
        assert(error instanceof ProxyHeaderError);
        break;
      }
    }
    assertEquals(kinds, new Set(["need-data"]));
  });
}

function shown(octets: Uint8Array): string {
  return JSON.stringify(String.fromCharCode(...octets.subarray(0, 60)));
}

Deno.test("crc32c gives the sums of RFC 3720, appendix B.4", () => {
  assertEquals(crc32c(ascii("123456789")), 0xe3069283);
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assertEquals(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
});

Deno.test("readProxyHeader reads any two addresses of IPv4 and IPv6, in both versions", () => {
  const port = fc.integer({ min: 0, max: 65_535 });
  const address = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const pair = fc.constantFrom(4, 16).chain((size) => fc.tuple(address(size), address(size)));
  fc.assert(fc.property(pair, port, port, ([source, destination], from, to) => {
    const endpoints = {
      source: tcp(formatIp(source), from),
      destination: tcp(formatIp(destination), to),
    };
    const [word, family] = source.length === 4 ? ["TCP4", 0x11] : ["TCP6", 0x21];
    const line =
      `PROXY ${word} ${endpoints.source.hostname} ${endpoints.destination.hostname} ${from} ${to}`;
    const block = joined(source, destination, uint16(from), uint16(to));
    for (const octets of [ascii(line + "\r\n"), version2(0x21, family as number, block)]) {
      const version = octets[0] === 0x50 ? 1 : 2;
      const header = { version, endpoints, secure: false } as const;
      assertEquals(readProxyHeader(octets), { kind: "header", length: octets.length, header });
    }
  }));
});

Deno.test("readProxyHeader gives the same result for any octets, however they are cut", () => {
  const octet = fc.oneof(fc.nat(255), fc.constantFrom(0, 0x0a, 0x0d, 0x11, 0x20, 0x21, 0x31));
  const noise = fc.array(octet, { maxLength: 60 }).map((octets) => Uint8Array.from(octets));
  const start = fc.constantFrom(
    ascii("PROXY "),
    ascii("PROXY TCP4 1.2.3.4 "),
    SIGNATURE,
    joined(SIGNATURE, [0x21, 0x11, 0]),
    BINARY,
    ascii(""),
  );
  fc.assert(
    fc.property(start, noise, (start, noise) => {
      const octets = joined(start, noise);
      let last = "need-data";
      for (let length = 1; length <= octets.length; length++) {
        let outcome: string;
        try {
          outcome = JSON.stringify(readProxyHeader(octets.subarray(0, length)));
          if (outcome === '{"kind":"need-data"}') outcome = "need-data";
        } catch (error) {
          assert(error instanceof ProxyHeaderError, String(error));
          outcome = "refused";
        }
        if (last !== "need-data") assertEquals(outcome, last);
        last = outcome;
      }
    }),
    { numRuns: 2_000 },
  );
});
