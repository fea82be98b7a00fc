// Spellings of an address to listen on.

import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress, formatBindAddress, parseBindAddress } from "../src/bind_address.ts";

const accepted: [text: string, hostname: string, port: number][] = [
  ["127.0.0.1:8070", "127.0.0.1", 8070],
  ["localhost:0", "localhost", 0],
  ["my_host-1.example.org.:65535", "my_host-1.example.org.", 65535],
  ["[::1]:80", "::1", 80],
  ["[::]:80", "::", 80],
  ["[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80],
  ["8080", "127.0.0.1", 8080],
  ["0", "127.0.0.1", 0],
];
for (const [text, hostname, port] of accepted) {
  Deno.test(`parseBindAddress reads ${text}`, () => {
    assertEquals(parseBindAddress(text), { transport: "tcp", hostname, port });
  });
}

const refused = [
  ...["", ":", ":80", "localhost", "localhost:", "127.0.0.1", "a:65536", "a:-1", "a:+1", "a: 80"],
  ...[
    "a:0x50",
    "a:8e3",
    "a:８０",
    "a:000080",
    "::1:80",
    "::1",
    "[::1]",
    "[]:80",
    "[:]:80",
    "[a]:80",
  ],
  ...["[::1%lo]:80", "[::1:80", "::1]:80", "[127.0.0.1]:80", "[1:2]:80", "a b:80", "a/b:80"],
  ...["http://a:80", "-a:80", ".:80", "a\0:80", "user@a:80", "a".repeat(254) + ":80"],
];
for (const text of refused) {
  Deno.test(`parseBindAddress refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    assertThrows(() => parseBindAddress(text), RangeError, "Cannot bind to ");
  });
}

for (const text of ["unix:/run/robusto.sock", "unix:@robusto", "fd:3"]) {
  Deno.test(`parseBindAddress says that ${text} is not supported`, () => {
    assertThrows(() => parseBindAddress(text), RangeError, "are not supported by this version");
  });
}

Deno.test("formatBindAddress gives back what parseBindAddress read", () => {
  for (const text of ["127.0.0.1:8070", "localhost:0", "[::1]:80"]) {
    assertEquals(formatBindAddress(parseBindAddress(text)), text);
  }
});

Deno.test("formatAddress writes a URL, IPv6 in brackets", () => {
  const addr = { transport: "tcp" as const, hostname: "127.0.0.1", port: 8070 };
  assertEquals(formatAddress(addr), "http://127.0.0.1:8070/");
  assertEquals(formatAddress({ ...addr, hostname: "::1" }), "http://[::1]:8070/");
});
