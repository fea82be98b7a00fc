// Trusted sources: which addresses a list trusts, and which lists are valid.

import { assertEquals, assertThrows } from "@std/assert";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import { TrustedSources } from "../../src/proxies/trusted_sources.ts";

const tcp = (hostname: string) => ({ transport: "tcp" as const, hostname, port: 1 });

const rows: [list: string[], trusted: string[], strangers: string[]][] = [
  [[], [], ["127.0.0.1", "::1"]],
  [["127.0.0.1"], ["127.0.0.1", "::ffff:127.0.0.1"], ["127.0.0.2", "::1", "::127.0.0.1"]],
  [["10.0.0.0/8"], ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], [
    "9.255.255.255",
    "11.0.0.0",
  ]],
  [["10.32.0.0/11"], ["10.32.0.1", "10.63.255.255"], ["10.31.255.255", "10.64.0.0"]],
  [["192.0.2.9/32"], ["192.0.2.9"], ["192.0.2.8"]],
  [["0.0.0.0/0"], ["1.2.3.4", "::ffff:1.2.3.4"], ["::1", "2001:db8::1"]],
  [["::/0"], ["::1", "2001:db8::1"], ["1.2.3.4", "::ffff:1.2.3.4"]],
  [["fd00::/8"], ["fd00::1", "fdff::"], ["fe00::", "fc00::"]],
  [["2001:db8:8000::/33"], ["2001:db8:8000::1", "2001:db8:ffff::"], ["2001:db8:7fff::1"]],
  [["2001:DB8::1"], ["2001:db8:0:0::1"], ["2001:db8::2"]],
  [["::ffff:10.0.0.0/104"], ["10.1.2.3", "::ffff:10.1.2.3"], ["11.0.0.0"]],
  [["::1", "127.0.0.0/8"], ["::1", "127.9.9.9"], ["128.0.0.0"]],
];
for (const [list, trusted, strangers] of rows) {
  Deno.test(`${JSON.stringify(list)} trusts its addresses and no others`, () => {
    const sources = new TrustedSources(list);
    for (const address of trusted) assertEquals(sources.has(tcp(address)), true, address);
    for (const address of strangers) assertEquals(sources.has(tcp(address)), false, address);
    assertEquals(sources.has({ transport: "unix", path: "/run/x" }), false);
  });
}

Deno.test("unix trusts all clients of a UNIX socket, and no others", () => {
  const sources = new TrustedSources(["unix"]);
  assertEquals(sources.has({ transport: "unix", path: "" }), true);
  assertEquals(sources.has(tcp("127.0.0.1")), false);
});

const rejected: [text: string, says: string][] = [
  ["", 'Cannot trust "": expected an IP address, a network such as 10.0.0.0/8 or "unix"'],
  ["*", "expected an IP address"],
  ["localhost", "expected an IP address"],
  ["10.0.0", "expected an IP address"],
  ["10.0.0.0:80", "expected an IP address"],
  ["[::1]", "expected an IP address"],
  ["127.0.0.1,::1", "expected an IP address"],
  ["10.0.0.0/", "expected a prefix length of 0-32 behind the slash"],
  ["10.0.0.0/33", "expected a prefix length of 0-32"],
  ["10.0.0.0/08", "expected a prefix length of 0-32"],
  ["10.0.0.0/-1", "expected a prefix length of 0-32"],
  ["10.0.0.0/255.0.0.0", "expected a prefix length of 0-32"],
  ["::/129", "expected a prefix length of 0-128"],
  ["10.1.2.3/8", "its address has bits behind the prefix, expected 10.0.0.0/8 or a single address"],
  ["2001:db8::1/64", "expected 2001:db8::/64"],
  ["::ffff:0.0.0.0/90", "its address has bits behind the prefix"],
];
for (const [text, says] of rejected) {
  Deno.test(`trustedProxies rejects ${JSON.stringify(text)}`, () => {
    assertThrows(() => resolveOptions({ trustedProxies: ["127.0.0.1", text] }), RangeError, says);
    assertThrows(() => resolveOptions({ trustedProxies: text }), RangeError, says);
  });
}

Deno.test("trustedProxies accepts one source or several", () => {
  assertEquals(resolveOptions({ trustedProxies: "::1" }).trustedProxies, ["::1"]);
  assertEquals(resolveOptions({ trustedProxies: ["::1", "unix"] }).trustedProxies, ["::1", "unix"]);
  assertEquals(resolveOptions({ trustedProxies: [] }).trustedProxies, []);
});

Deno.test("options that need trusted proxies are rejected without them", () => {
  for (const proxyProtocol of ["optional", "required"] as const) {
    assertThrows(
      () => resolveOptions({ proxyProtocol, trustedProxies: [] }),
      TypeError,
      `Cannot use proxyProtocol "${proxyProtocol}" without trustedProxies: expected the addresses`,
    );
    resolveOptions({ proxyProtocol, trustedProxies: "unix" });
  }
  for (const forwardedFields of ["forwarded", "off"] as const) {
    assertThrows(() => resolveOptions({ forwardedFields }), TypeError, "without trustedProxies");
    resolveOptions({ forwardedFields, trustedProxies: "unix" });
  }
  resolveOptions({ proxyProtocol: "off", forwardedFields: "x-forwarded" });
});
