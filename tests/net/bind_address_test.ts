// Valid and invalid spellings of an address to listen on.

import { assertEquals, assertThrows } from "@std/assert";
import {
  type BindAddress,
  formatAddress,
  formatBindAddress,
  parseBindAddress,
} from "../../src/net/bind_address.ts";

const accepted: [text: string, hostname: string, port: number][] = [
  ["127.0.0.1:8070", "127.0.0.1", 8070],
  ["localhost:0", "localhost", 0],
  ["my_host-1.example.org.:65535", "my_host-1.example.org.", 65535],
  [":80", "0.0.0.0", 80],
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

const rejected = [
  ...[
    "",
    ":",
    "::80",
    ": 80",
    "localhost",
    "localhost:",
    "127.0.0.1",
    "a:65536",
    "a:-1",
    "a:+1",
    "a: 80",
  ],
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
for (const text of rejected) {
  Deno.test(`parseBindAddress rejects ${JSON.stringify(text.slice(0, 40))}`, () => {
    assertThrows(() => parseBindAddress(text), RangeError, "Cannot bind to ");
  });
}

const others: [text: string, address: BindAddress][] = [
  ["unix:/run/robusto.sock", { transport: "unix", path: "/run/robusto.sock" }],
  ["unix:./a b:80", { transport: "unix", path: "./a b:80" }],
  ["unix:@robusto", { transport: "unix", path: "\0robusto" }],
  [`unix:/${"a".repeat(106)}`, { transport: "unix", path: `/${"a".repeat(106)}` }],
  ["fd:3", { transport: "fd", fd: 3 }],
  ["fd:http", { transport: "fd", fd: "http" }],
  ["fd:3=unix:/run/a=b.sock", { transport: "fd", fd: 3, path: "/run/a=b.sock" }],
];
for (const [text, address] of others) {
  Deno.test(`parseBindAddress reads ${text.slice(0, 40)}, and formatBindAddress writes it`, () => {
    assertEquals(parseBindAddress(text), address);
    assertEquals(formatBindAddress(address), text);
  });
}

const rejectedOthers = [
  ...["unix:", "unix:@", "unix:/run/", "unix:a\0b", "fd:", "fd:2", "fd:0", "fd:-3", "fd:3=unix:"],
  ...["fd:3=tcp:80", "fd:3=unix:@a", "fd:a\nb", "fd:3333333"],
  `unix:/${"a".repeat(107)}`,
  `unix:/${"é".repeat(54)}`, // 107 octets and one more
];
for (const text of rejectedOthers) {
  Deno.test(`parseBindAddress rejects ${JSON.stringify(text.slice(0, 40))}, ${text.length} long`, () => {
    assertThrows(() => parseBindAddress(text), RangeError, "Cannot bind to ");
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
  assertEquals(formatAddress({ transport: "unix", path: "/run/a.sock" }), "unix:/run/a.sock");
  assertEquals(formatAddress({ transport: "unix", path: "\0a" }), "unix:@a");
});
