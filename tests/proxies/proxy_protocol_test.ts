// PROXY headers over real sockets: allowed, required, missing and malformed ones.

import { assert, assertEquals } from "@std/assert";
import { octets } from "../wire/row.ts";
import { within } from "../support/latch.ts";
import type { RawClient } from "../support/raw_client.ts";
import type { Site } from "../support/site.ts";
import { until } from "../pool/pool_site.ts";
import { from, HERE, readReport, withTrustedProxy } from "./trusted_proxy.ts";
import {
  ascii,
  BINARY,
  extension,
  IPV4_BLOCK,
  IPV6_BLOCK,
  joined,
  LINE,
  uint16,
  unixPath,
  version2,
} from "./headers.ts";

const GET = octets("GET /a HTTP/1.1|Host: a.example||");
const required = { proxyProtocol: "required", trustedProxies: [HERE] } as const;
const optional = { proxyProtocol: "optional", trustedProxies: ["10.0.0.0/8", HERE] } as const;
const strange = { proxyProtocol: "optional", trustedProxies: ["10.0.0.0/8"] } as const;

/** Checks that the connection is closed without a response; with unread octets this is a reset. */
async function expectNothing(client: RawClient): Promise<void> {
  try {
    await client.expectEnd();
  } catch (error) {
    assert(error instanceof Deno.errors.ConnectionReset, String(error));
  }
}

/** The only line of the log, as the default sink would show its error. */
function onlyLine(site: Site): string {
  assertEquals(site.log.length, 1, JSON.stringify(site.events));
  const { level, event, error, remoteAddr } = site.log[0];
  assertEquals([level, (remoteAddr as Deno.NetAddr).hostname], ["info", HERE]);
  return error === undefined ? event : `${event}: ${(error as Error).message}`;
}

for (const [version, header] of [["1", LINE], ["2", BINARY]] as const) {
  for (const options of [required, optional]) {
    const { proxyProtocol } = options;
    withTrustedProxy(
      `a header of version ${version} tells both addresses, ${proxyProtocol}`,
      options,
      async (site) => {
        const client = await site.connect();
        await client.send(joined(header, GET, GET)); // all in one write
        for (let request = 0; request < 2; request++) {
          const report = await readReport(client);
          assertEquals(from(report), "192.0.2.1 1000");
          assertEquals(report.localAddr, { transport: "tcp", hostname: "198.51.100.2", port: 443 });
          assertEquals(report.url, "http://a.example/a");
        }
        await client.send(GET);
        assertEquals(from(await readReport(client)), "192.0.2.1 1000");
        assertEquals(site.log, []);
      },
    );
  }

  withTrustedProxy(
    `a header of version ${version} may arrive octet by octet`,
    required,
    async (site) => {
      const client = await site.connect();
      for (const octet of joined(header, GET)) await client.send(Uint8Array.of(octet));
      assertEquals(from(await readReport(client)), "192.0.2.1 1000");
    },
  );
}

withTrustedProxy("headers of all other kinds are read", required, async (site) => {
  const report = async (header: Uint8Array, request = GET) => {
    using client = await site.connect();
    await client.send(joined(header, request));
    return await readReport(client);
  };
  assertEquals(from(await report(version2(0x21, 0x21, IPV6_BLOCK))), "2001:db8::1 1000");
  const unix = await report(version2(0x21, 0x31, unixPath("/run/é\n"), unixPath("/run/b")));
  assertEquals(unix.remoteAddr, { transport: "unix", path: "/run/é\n" } as Deno.Addr);
  assertEquals(unix.localAddr, { transport: "unix", path: "/run/b" } as Deno.Addr);
  for (const own of [version2(0x20, 0x00), version2(0x21, 0x00), ascii("PROXY UNKNOWN\r\n")]) {
    const { remoteAddr, localAddr } = await report(own);
    assertEquals((remoteAddr as Deno.NetAddr).hostname, HERE);
    assertEquals(localAddr, site.server.addr);
  }
  const secure = extension(0x20, [1, 0, 0, 0, 0]);
  const long = extension(0x04, new Uint8Array(4000));
  const { url } = await report(version2(0x21, 0x11, IPV4_BLOCK, secure, long));
  assertEquals(url, "https://a.example/a");
  const old = await report(BINARY, octets("GET /old HTTP/1.0||"));
  assertEquals(old.url, "http://198.51.100.2:443/old");
  assertEquals(site.log, []);
});

withTrustedProxy(
  "a request in one piece with a header may be larger than any header",
  required,
  async (site) => {
    const client = await site.connect();
    const content = "0123456789".repeat(20_000);
    const head = `POST / HTTP/1.1|Host: a|Content-Length: ${content.length}||`;
    await client.send(joined(BINARY, octets(head), ascii(content)));
    const report = await readReport(client);
    assertEquals([from(report), report.content === content], ["192.0.2.1 1000", true]);
  },
);

withTrustedProxy(
  "with optional headers a trusted source without one is the client itself",
  optional,
  async (site) => {
    const { hostname, port } = await direct(site);
    assertEquals([hostname, port > 0], [HERE, true]);
    const client = await site.connect();
    // Its first octets could be a header.
    await client.send(octets("PROPFIND / HTTP/1.1|Host: a||"), 1);
    assertEquals(from(await readReport(client)).startsWith(HERE), true);
    const other = await site.connect();
    await other.send(octets("||GET / HTTP/1.1|Host: a||"), 1);
    assertEquals((await readReport(other)).url, "http://a/");
    const cut = await site.connect();
    await cut.send(ascii("PRO"));
    await cut.half();
    assertEquals((await cut.read()).status, 400); // an incomplete request, not an incomplete header
  },
);

withTrustedProxy(
  "with optional headers an untrusted source without one is served",
  strange,
  async (site) => {
    assertEquals((await direct(site)).hostname, HERE);
    assertEquals(site.log, []);
  },
);

async function direct(site: Site): Promise<Deno.NetAddr> {
  using client = await site.connect();
  await client.send(GET);
  return (await readReport(client)).remoteAddr as Deno.NetAddr;
}

const strangers: [name: string, header: Uint8Array][] = [
  ["version 1", LINE],
  ["version 2", BINARY],
  ["a local connection", version2(0x20, 0x00)],
];
for (const [name, header] of strangers) {
  withTrustedProxy(
    `an untrusted source with a header of ${name} is closed`,
    strange,
    async (site) => {
      const client = await site.connect();
      await client.trySend(joined(header, GET));
      await expectNothing(client);
      assertEquals(
        onlyLine(site),
        "handshake-failed: Cannot take connection: it begins with a PROXY header and is not one of " +
          "trustedProxies",
      );
      assertEquals(site.server.stats.requests, 0);
    },
  );
}

withTrustedProxy(
  "with required headers an untrusted source is closed at once",
  { ...strange, proxyProtocol: "required" },
  async (site) => {
    const client = await site.connect();
    await expectNothing(client); // before it has sent an octet
    assertEquals(
      onlyLine(site),
      "handshake-failed: Cannot take connection: the source is not one of trustedProxies",
    );
  },
);

const malformed: [name: string, octets: Uint8Array, says: string][] = [
  ["no header", GET, "Cannot take connection: expected a PROXY header before anything else"],
  ["TLS", Uint8Array.of(0x16, 3, 1), "expected a PROXY header before anything else"],
  ["half a header", LINE.subarray(0, 20), "expected a PROXY header before anything else"],
  ["a malformed line", ascii("PROXY TCP4 a b 1 2\r\n"), "expected an address of TCP4"],
  ["an endless line", ascii("PROXY TCP4 " + "1".repeat(5000)), "at most 107 octets"],
  ["a malformed header", version2(0x21, 0x11), "expected two addresses of ipv4"],
  [
    "an enormous header",
    joined(version2(0x21, 0x11).subarray(0, 14), uint16(65_535), new Uint8Array(60_000)),
    "expected at most 4096 octets, got 65551",
  ],
];
for (const [name, wire, says] of malformed) {
  withTrustedProxy(`a connection that begins with ${name} is closed`, required, async (site) => {
    const client = await site.connect();
    await client.trySend(wire);
    await client.half();
    await expectNothing(client);
    const line = onlyLine(site);
    assert(line.startsWith("handshake-failed: Cannot ") && line.includes(says), line);
    assertEquals(site.server.stats.requests, 0);
  });
}

for (const [name, wire] of [["nothing", ""], ["half a header", "PROXY TCP4 1"]] as const) {
  for (const options of [required, optional]) {
    withTrustedProxy(
      `a connection that sends ${name} is closed after handshakeTimeout, ${options.proxyProtocol}`,
      { ...options, handshakeTimeout: 50 },
      async (site) => {
        const client = await site.connect();
        await client.send(ascii(wire));
        await expectNothing(client);
        assertEquals(onlyLine(site), "handshake-timeout");
      },
    );
  }
}

withTrustedProxy(
  "a client that only checks whether the port is open is not logged",
  required,
  async (site) => {
    const client = await site.connect();
    await client.half();
    await client.expectEnd();
    client.close();
    await until(() => site.server.stats.connections === 0);
    assertEquals(site.log, []);
  },
);

withTrustedProxy("a slow header does not delay other connections", required, async (site) => {
  const slow = await site.connect();
  await slow.send(LINE.subarray(0, 10));
  const quick = await site.connect();
  await quick.send(joined(LINE, GET));
  assertEquals(from(await readReport(quick)), "192.0.2.1 1000");
  await slow.send(joined(LINE.subarray(10), GET));
  assertEquals(from(await readReport(slow)), "192.0.2.1 1000");
});

withTrustedProxy(
  "a request after a header is served while the server stops",
  required,
  async (site) => {
    const client = await site.connect();
    await client.send(LINE.subarray(0, 10));
    await until(() => site.server.stats.connections === 1);
    const stopped = site.server.stop();
    await client.send(joined(LINE.subarray(10), GET));
    assertEquals(from(await readReport(client)), "192.0.2.1 1000");
    await client.expectEnd();
    client.close();
    await within(stopped);
  },
);

withTrustedProxy("stop does not wait long for a header", required, async (site) => {
  const client = await site.connect();
  await client.send(LINE.subarray(0, 10));
  await until(() => site.server.stats.connections === 1);
  await within(site.server.stop());
  await expectNothing(client);
  assertEquals(site.log, []);
});

withTrustedProxy("the log names the client, not the proxy", required, async (site) => {
  const client = await site.connect();
  await client.send(joined(LINE, octets("GET /fail HTTP/1.1|Host: a||")));
  assertEquals((await client.read()).status, 500);
  assertEquals((site.log[0].remoteAddr as Deno.NetAddr).hostname, "192.0.2.1");
});
