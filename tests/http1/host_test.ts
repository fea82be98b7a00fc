// Valid and invalid hosts with and without a port.

import { assertEquals } from "@std/assert";
import { isHost, parseHost } from "../../src/http1/host.ts";

const VALID: [value: string, host: string, port: number | undefined][] = [
  ["localhost", "localhost", undefined],
  ["example.com:80", "example.com", 80],
  ["EXAMPLE.com", "EXAMPLE.com", undefined],
  ["a:", "a", undefined],
  ["a:0", "a", 0],
  ["a:65535", "a", 65535],
  ["a:00080", "a", 80],
  ["127.0.0.1:8070", "127.0.0.1", 8070],
  ["999.1.1.1", "999.1.1.1", undefined], // no IPv4 address, but a valid registered name
  ["a_b~c-d.e", "a_b~c-d.e", undefined],
  ["!$&'()*+,;=", "!$&'()*+,;=", undefined],
  ["a%20b%fF", "a%20b%fF", undefined],
  ["[::]", "[::]", undefined],
  ["[::1]:8070", "[::1]", 8070],
  ["[::1]:", "[::1]", undefined],
  ["[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", undefined],
  ["[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]", undefined],
  ["[::2:3:4:5:6:7:8]", "[::2:3:4:5:6:7:8]", undefined],
  ["[1::8]", "[1::8]", undefined],
  ["[2001:DB8::abcd]", "[2001:DB8::abcd]", undefined],
  ["[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", undefined],
  ["[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", undefined],
  ["[1:2:3:4:5::1.2.3.4]", "[1:2:3:4:5::1.2.3.4]", undefined],
  ["[v1.a]", "[v1.a]", undefined],
  ["[VF0.a:b;c]:1", "[VF0.a:b;c]", 1],
];

const INVALID = [
  "",
  ":",
  ":80",
  "a:65536",
  "a:99999999999999999999",
  "a:-1",
  "a:+1",
  "a:http",
  "a: 1",
  "a:8:8",
  "h:80:80",
  "user@host",
  "user:pw@host",
  "a/b",
  "a?b",
  "a#b",
  "a b",
  "a\\b",
  "a\tb",
  "\xe4",
  "a\x00",
  "a%",
  "a%2",
  "a%zz",
  "a%2g",
  "a,b:80 c",
  "http://a",
  "<a>",
  "[",
  "]",
  "[]",
  "[::1",
  "::1",
  "[::1]a",
  "[::1]80",
  "[::1]:a",
  "[:]",
  "[:::]",
  "[1]",
  "[1:2]",
  "[1:]",
  "[:1]",
  "[1::2::3]",
  "[1:::2]",
  "[1:2:3:4:5:6:7]",
  "[1:2:3:4:5:6:7:8:9]",
  "[1:2:3:4:5:6:7:8::]",
  "[::1:2:3:4:5:6:7:8]",
  "[1:2:3:4:5:6:7:1.2.3.4]",
  "[1:2:3:4:5:6::1.2.3.4]",
  "[1.2.3.4]",
  "[::1.2.3]",
  "[::1.2.3.4.5]",
  "[::256.2.3.4]",
  "[::01.2.3.4]",
  "[::1.2.3.4:5]",
  "[::1.2.3.]",
  "[12345::]",
  "[g::]",
  "[fe80::1%25eth0]",
  "[fe80::1%eth0]",
  "[v.a]",
  "[v1.]",
  "[v1]",
  "[vg.a]",
  "[v1.a/b]",
  "[v1.%41]",
  "a[::1]",
];

for (const [value, host, port] of VALID) {
  Deno.test(`parseHost accepts ${JSON.stringify(value)}`, () => {
    assertEquals(parseHost(value), { host, port });
    assertEquals(isHost(value), true);
  });
}

for (const value of INVALID) {
  Deno.test(`parseHost rejects ${JSON.stringify(value)}`, () => {
    assertEquals(parseHost(value), undefined);
    assertEquals(isHost(value), false);
  });
}
