// Handshakes that fail or do not end: the alert or response to the client, the log, and that no other client
// waits.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { FatalTlsAlertError, NodeTlsAdapter } from "../../mod.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { until } from "../pool/pool_site.ts";
import { within } from "../support/latch.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { MemoryStream } from "../support/memory_stream.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";
import { noPki, Pki } from "./pki.ts";
import { ask, dial, portOf, say, sClient } from "./tls_clients.ts";

const suffix = noPki === undefined ? "" : ` (${noPki})`;
const ADAPTERS = ["deno", "node"] as const;

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + suffix, ignore: noPki !== undefined, fn });
}

function siteOf(options: ServerOptions): Site {
  return new Site(() => new Response("hello"), { ...Pki.shared.files(), ...options });
}

/** Sends octets in the clear, then ends or waits, and reads to the end.
 *
 * @param ends whether the client ends its side */
async function sayPlainly(site: Site, what: Uint8Array, ends: boolean): Promise<Uint8Array> {
  using conn = await site.dial();
  await conn.write(what);
  if (ends) await conn.closeWrite();
  const heard = new Uint8Array(4096);
  let size = 0;
  try {
    for (;;) {
      const count = await within(conn.read(heard.subarray(size)));
      if (count === null) break;
      size += count;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return heard.subarray(0, size);
}

/** The beginning of a first message that is cut off. */
const TRUNCATED = new Uint8Array([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 1, 2, 3]);
/** The beginning of one that is long enough to drip. */
const FIRST_MESSAGE = new Uint8Array([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, ...new Uint8Array(400)]);

const failures: {
  readonly name: string;
  readonly octets: Uint8Array;
  readonly ends: boolean;
  readonly code: Readonly<Record<"deno" | "node", string>>;
}[] = [
  {
    name: "a client that connects and leaves",
    octets: new Uint8Array(),
    ends: true,
    code: { deno: "client-closed", node: "client-closed" },
  },
  {
    name: "a truncated first message",
    octets: TRUNCATED,
    ends: true,
    code: { deno: "client-closed", node: "client-closed" },
  },
  {
    name: "octets that are no record",
    octets: new Uint8Array(64).fill(7),
    ends: false,
    code: { deno: "no-tls", node: "no-tls" },
  },
  {
    name: "a record with garbage in it",
    octets: new Uint8Array([22, 3, 1, 0, 32, ...new Uint8Array(32).fill(255)]),
    ends: false,
    code: { deno: "malformed", node: "malformed" },
  },
];
for (const adapter of ADAPTERS) {
  for (const { name, octets, ends, code } of failures) {
    test(`${adapter}: ${name} is one line in the log, and affects no other client`, async () => {
      await using site = siteOf({ tlsAdapter: adapter });
      const heard = await sayPlainly(site, octets, ends);
      assert(heard.length === 0 || heard[0] === 21, "an alert, if anything");
      await until(() => site.log.length > 0);
      assertEquals(site.log.map(({ event, level, code }) => ({ event, level, code })), [
        { event: "handshake-failed", level: "info", code: code[adapter] },
      ]);
      assertMatch(String(site.log[0].error), /Cannot make TLS handshake: the|it is malformed/);
      assertEquals((await ask(portOf(site))).text, "hello");
      await until(() => site.server.stats.connections === 0);
    });
  }

  test(`${adapter}: the log names what could not be agreed on`, async () => {
    await using site = siteOf({ tlsAdapter: adapter });
    const port = portOf(site);
    assertMatch(await sClient(port, ["-alpn", "h2"]), /alert no application protocol|number 120/);
    await until(() => site.log.length === 1);
    assertEquals(site.log[0].code, "no-shared-protocol");
    const old = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
    assertMatch(await sClient(port, old), /alert (protocol version|handshake failure|internal)/);
    await until(() => site.log.length === 2);
    assertEquals(site.log[1].code, "no-shared-version");
    const weak = ["-tls1_2", "-cipher", "AES128-SHA@SECLEVEL=0"];
    assertMatch(await sClient(port, weak), /alert handshake failure/);
    await until(() => site.log.length === 3);
    assertEquals(site.log[2].code, "no-shared-cipher");
  });

  test(`${adapter}: a thousand silent clients delay no other and end at handshakeTimeout`, async () => {
    await using site = siteOf({ tlsAdapter: adapter, handshakeTimeout: 2_000 });
    const silent: Deno.TcpConn[] = [];
    for (let i = 0; i < 1_000; i++) silent.push(await site.dial());
    await until(() => site.server.stats.accepts === 1_000);
    const begin = performance.now();
    assertEquals((await ask(portOf(site))).text, "hello");
    assert(performance.now() - begin < 3_000);
    await until(() => site.server.stats.connections === 0);
    for (const conn of silent) {
      // Deno keeps a socket of Deno.listenTls that is closed within its handshake.
      if (adapter === "node") {
        assertEquals(await within(conn.read(new Uint8Array(1)).catch(() => null)), null);
      }
      conn.close();
    }
    assertEquals(new Set(site.events), new Set(["handshake-timeout"]));
    assertEquals(site.log.length, 1_000);
  });

  test(`${adapter}: a handshake that comes octet by octet ends at handshakeTimeout`, async () => {
    await using site = siteOf({ tlsAdapter: adapter, handshakeTimeout: 300 });
    using conn = await site.dial();
    for (let at = 0; site.events.length === 0; at++) {
      await conn.write(FIRST_MESSAGE.subarray(at, at + 1)).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(site.events, ["handshake-timeout"]);
    await until(() => site.server.stats.connections === 0);
  });

  test(`${adapter}: stop does not wait for silent clients`, async () => {
    const site = siteOf({ tlsAdapter: adapter, handshakeTimeout: Infinity });
    const conns = [await site.dial(), await site.dial()];
    await conns[1].write(TRUNCATED);
    await until(() => site.server.stats.accepts === 2);
    await within(site.server.stop());
    for (const conn of conns) conn.close();
    assertEquals(site.log, []);
  });

  test(`${adapter}: maxConnections counts handshakes`, async () => {
    await using site = siteOf({ tlsAdapter: adapter, maxConnections: 1, handshakeTimeout: 500 });
    using _silent = await site.dial();
    await until(() => site.server.stats.accepts === 1);
    assertEquals((await ask(portOf(site))).text, "hello"); // once the silent one is gone
    assertEquals(site.events, ["handshake-timeout"]);
  });
}

test("node: plain HTTP gets 400, with any method", async () => {
  await using site = siteOf({ tlsAdapter: "node" });
  for (const wire of ["GET / HTTP/1.1|Host: a||", "delete /x HTTP/1.0||", "PRI * HTTP/2.0||SM||"]) {
    using client = await site.connect();
    await client.send(octets(wire));
    const response = await client.read();
    assertEquals([response.status, response.protocol, saysClose(response)], [
      400,
      "HTTP/1.1",
      true,
    ]);
    assertMatch(contentText(response), /HTTPS/);
    await client.expectEnd();
  }
  assertEquals(site.log.map(({ event, code, status }) => ({ event, code, status })), [
    ...Array(3).fill({ event: "request-refused", code: "http-on-tls-port", status: 400 }),
  ]);
  assertEquals(site.server.stats.refused, 3);
  assertEquals(site.server.stats.requests, 0);
});

test("node: plain HTTP with content gets its response before a reset", async () => {
  await using site = siteOf({ tlsAdapter: "node" });
  using client = await site.connect();
  await client.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 100000||"));
  await client.trySend(new Uint8Array(100_000));
  assertEquals((await client.read()).status, 400);
  await client.expectEnd();
});

test("deno: plain HTTP gets an alert, as Deno reads the first octets itself", async () => {
  await using site = siteOf({ tlsAdapter: "deno" });
  const heard = await sayPlainly(site, octets("GET / HTTP/1.1|Host: a||"), false);
  assertEquals([...heard.subarray(0, 3)], [21, 3, 3]);
  await until(() => site.log.length > 0);
  assertEquals(site.log[0].code, "no-tls");
  assertMatch(String(site.log[0].error), /perhaps plain HTTP/);
});

test("a server without TLS responds to a client that speaks TLS", async () => {
  await using site = new Site(() => new Response("hello"));
  const heard = await sayPlainly(site, TRUNCATED, false);
  assertMatch(new TextDecoder().decode(heard), /^HTTP\/1\.1 400 /);
  assertEquals(site.log[0].code, "tls-on-plain-port");
});

test("node: a failed handshake keeps nothing in memory, on any connection", async () => {
  const { tlsCertificate: certificate, tlsPrivateKey: privateKey } = Pki.shared.files();
  const adapter = new NodeTlsAdapter({ certificate, privateKey });
  const [client, server] = MemoryStream.pair();
  const wrapping = adapter.wrap(server);
  await client.write(TRUNCATED);
  await client.closeWrite();
  const error = await assertRejects(() => wrapping, FatalTlsAlertError);
  assertEquals(error.code, "client-closed");
  await until(() => server.closed); // else the library would wait on it for ever, in memory
});

test("minVersion and ciphers refuse clients without them", async () => {
  await using site = siteOf({ tlsMinVersion: "TLSv1.3" });
  const port = portOf(site);
  assertMatch(await sClient(port, ["-tls1_2"]), /alert protocol version/);
  assertEquals((await ask(port)).text, "hello");
  assertEquals(site.log[0].code, "no-shared-version");

  await using picky = siteOf({ tlsCiphers: "TLS_AES_128_GCM_SHA256" });
  const only = (name: string) => ["-tls1_3", "-ciphersuites", name];
  assertMatch(
    await sClient(portOf(picky), only("TLS_AES_128_GCM_SHA256")),
    /Cipher is TLS_AES_128/,
  );
  await sClient(portOf(picky), only("TLS_AES_256_GCM_SHA384"));
  await until(() => picky.log.length === 1);
  assertEquals(picky.log[0].code, "no-shared-cipher");
  assertMatch(String(picky.log[0].error), /TLS_AES_256_GCM_SHA384 is not one of the ciphers/);
  assertEquals(picky.server.stats.requests, 0);
});

test("each name gets its certificate, in any case, and the others the first", async () => {
  const pki = Pki.shared;
  const pair = (name: string) => `${pki.certificate(name)},${pki.key(name)}`;
  await using site = siteOf({
    tlsSni: [`second.test=${pair("second")}`, `*.wild.test=${pair("wildcard")}`],
  });
  const port = portOf(site);
  const shownTo = async (servername: string) =>
    (await ask(port, { servername, rejectUnauthorized: false })).shown;
  assertEquals(await shownTo("localhost"), "localhost");
  assertEquals(await shownTo("second.test"), "second");
  assertEquals(await shownTo("SECOND.test"), "second");
  assertEquals(await shownTo("a.wild.test"), "wild");
  assertEquals(await shownTo("a.b.wild.test"), "localhost");
  assertEquals(await shownTo("wild.test"), "localhost");
  assertEquals(await shownTo("nobody.test"), "localhost");
  const socket = await dial(port, { servername: "", checkServerIdentity: () => undefined });
  assertEquals(socket.getPeerCertificate().subject.CN, "localhost");
  assertMatch(await say(socket, "GET / HTTP/1.0\r\n\r\n"), /hello$/);
  assertEquals(site.log, []);
});

test("an encrypted private key is opened with its password", async () => {
  const pki = Pki.shared;
  for (const tlsAdapter of ADAPTERS) {
    await using site = siteOf({
      tlsAdapter,
      tlsPrivateKey: pki.key("encrypted"),
      tlsPasswordFile: `${pki.folder}/password`,
    });
    assertEquals((await ask(portOf(site))).text, "hello");
  }
  await using site = new Site(() => new Response("hello"), {
    tls: {
      certificate: pki.certificate("server"),
      privateKey: pki.key("encrypted"),
      password: "secret",
    },
  });
  assertEquals((await ask(portOf(site))).text, "hello");
});

test("an expired certificate causes a warning, and is used", async () => {
  await using site = siteOf(Pki.shared.files("ended"));
  assertEquals(site.log.map(({ event, level }) => ({ event, level })), [
    { event: "certificate-not-valid", level: "warn" },
  ]);
  assertMatch(site.log[0].message, /Certificate of ended has expired at 20/);
  assertEquals((await ask(portOf(site), { rejectUnauthorized: false })).text, "hello");
});
