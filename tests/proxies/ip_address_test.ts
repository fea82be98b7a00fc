// Parsing and formatting of IP addresses, also compared with the URL parser.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIp, parseIp, parseIpv4, parseIpv6, unmapped } from "../../src/proxies/ip_address.ts";

const valid: [text: string, written: string][] = [
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["192.0.2.1", "192.0.2.1"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["2001:DB8::00aB", "2001:db8::ab"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"], // a single group of zeros is written out
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["1:0:0:4:0:0:0:8", "1:0:0:4::8"], // the longest run
  ["1:0:0:4:5:0:0:8", "1::4:5:0:0:8"], // the first of two
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["::FFFF:c000:201", "::ffff:192.0.2.1"],
  ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
  ["1:2:3:4:5::1.2.3.4", "1:2:3:4:5:0:102:304"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
];
for (const [text, written] of valid) {
  Deno.test(`${text} is the address ${written}`, () => {
    const octets = parseIp(text)!;
    assertEquals(formatIp(octets), written);
    assertEquals(parseIp(written), octets);
    assertEquals(text.includes(":") ? parseIpv4(text) : parseIpv6(text), undefined);
  });
}

const invalid = [
  "",
  "1",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.",
  ".1.2.3",
  "1..2.3",
  "1.2.3.256",
  "1.2.3.1000",
  "01.2.3.4",
  "0x1.2.3.4",
  "1.2.3.4 ",
  " 1.2.3.4",
  "+1.2.3.4",
  "1.2.3.٤",
  "localhost",
  ":",
  ":::",
  ":1",
  "1:",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "1:2:3:4:5:6:7:8::",
  "::1:2:3:4:5:6:7:8",
  "1:2:3:4::5:6:7:8",
  "12345::",
  "g::",
  "::1%eth0",
  "[::1]",
  "::1.2.3",
  "::1.2.3.4.5",
  "::01.2.3.4",
  "1.2.3.4::",
  "1:2:3:4:5:6:7:1.2.3.4",
  "1:2:3:4:5:6::1.2.3.4",
  "f".repeat(1000) + "::",
];
for (const text of invalid) {
  Deno.test(`${JSON.stringify(text.slice(0, 40))} is not an address`, () => {
    assertEquals(parseIp(text), undefined);
  });
}

Deno.test("parseIp reads any address that formatIp writes", () => {
  const octets = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
      .map((octets) => Uint8Array.from(octets)),
  );
  fc.assert(fc.property(octets, (octets) => {
    assertEquals(parseIp(formatIp(octets)), Uint8Array.from(octets));
  }));
});

Deno.test("parseIpv6 accepts the same texts as a URL", () => {
  const text = fc.array(fc.constantFrom(":", "::", "0", "1", "ab", "ffff", "1.2.3.4", ".", "00001"))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (text) => {
      const octets = parseIpv6(text);
      assertEquals(octets !== undefined, URL.canParse(`http://[${text}]/`), text);
      if (octets === undefined) return;
      const host = (address: string) => new URL(`http://[${address}]/`).hostname;
      assertEquals(host(formatIp(octets)), host(text));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("unmapped changes only IPv4-mapped IPv6 addresses", () => {
  const shown = (text: string) => formatIp(unmapped(parseIp(text)!));
  assertEquals(shown("::ffff:10.1.2.3"), "10.1.2.3");
  assertEquals(shown("10.1.2.3"), "10.1.2.3");
  for (const other of ["::10.1.2.3", "::fffe:10.1.2.3", "1::ffff:10.1.2.3", "::ff:ffff:a01:203"]) {
    assertEquals(unmapped(parseIp(other)!).length, 16);
  }
});
