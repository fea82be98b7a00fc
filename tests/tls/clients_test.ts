// Requests over TLS by node:https, curl and openssl, with either adapter.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Agent } from "node:https";
import type { FetchInfo } from "../../src/gateway/fetch/fetch_handler.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { until } from "../pool/pool_site.ts";
import { isInstalled } from "../support/program.ts";
import { Site } from "../support/site.ts";
import { noPki, Pki } from "./pki.ts";
import { ask, curl, dial, hangUp, portOf, say, sClient } from "./tls_clients.ts";

const LARGE = "0123456789abcdef".repeat(256 * 1024); // 4 MiB

const PIECE = 64 * 1024;
/** Octets of the endless response that have been pulled. */
let pulled = 0;

async function app(request: Request, info: FetchInfo): Promise<Response> {
  const { pathname, protocol } = new URL(request.url);
  switch (pathname) {
    case "/tls":
      return Response.json(info.tls ?? null);
    case "/large":
      return new Response(LARGE);
    case "/stream":
      return new Response(
        ReadableStream.from(
          ["one ", "two ", "three"].map((text) => new TextEncoder().encode(text)),
        ),
      );
    case "/endless":
      pulled = 0;
      return new Response(
        new ReadableStream({
          pull(controller) {
            controller.enqueue(new Uint8Array(PIECE));
            pulled += PIECE;
          },
        }),
      );
    case "/echo":
      return new Response(request.body);
    default:
      return new Response(`${protocol} ${(await request.bytes()).length}`);
  }
}

/** A test of both adapters. */
function both(
  claim: string,
  fn: (site: Site, port: number) => Promise<void>,
  options: ServerOptions = {},
): void {
  for (const tlsAdapter of ["deno", "node"] as const) {
    const reason = noPki === undefined ? "" : ` (${noPki})`;
    Deno.test({
      name: `${tlsAdapter}: ${claim}${reason}`,
      ignore: noPki !== undefined,
      async fn() {
        await using site = new Site(app, { ...Pki.shared.files(), tlsAdapter, ...options });
        await fn(site, portOf(site));
        assertEquals(site.log.filter(({ level }) => level === "error"), []);
      },
    });
  }
}

both("node:https gets, posts, and keeps its connection", async (site, port) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  assertEquals((await ask(port, { agent })).text, "https: 0");
  assertEquals((await ask(port, { agent, content: "x".repeat(300_000) })).text, "https: 300000");
  assertEquals((await ask(port, { agent, path: "/stream" })).text, "one two three");
  assertEquals(site.server.stats.accepts, 1);
  agent.destroy();
});

both("large content goes both ways", async (_site, port) => {
  assertEquals((await ask(port, { path: "/large" })).text === LARGE, true);
  assertEquals((await ask(port, { path: "/echo", content: LARGE })).text === LARGE, true);
});

both("TLS 1.2 and 1.3 are spoken, and nothing older", async (_site, port) => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const response = await ask(port, { minVersion: version, maxVersion: version });
    assertEquals(response.text, "https: 0");
  }
  const old = await sClient(port, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
  assertMatch(old, /alert (handshake failure|protocol version)|Cipher is \(NONE\)/);
});

both("a session is resumed", async (_site, port) => {
  const again = await sClient(port, ["-tls1_2", "-reconnect"]);
  assert(again.split("Reused, TLSv1.2").length > 1, again);
});

both("ALPN agrees on http/1.1, and not on another protocol", async (_site, port) => {
  const response = await ask(port, { path: "/tls", ALPNProtocols: ["h2", "http/1.1"] });
  assertEquals(JSON.parse(response.text).alpnProtocol, "http/1.1");
  assertMatch(await sClient(port, ["-alpn", "h2"]), /alert no application protocol|number 120/);
});

both("a client without ALPN that begins HTTP/2 is refused with 505", async (_site, port) => {
  const response = await say(await dial(port), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  assertMatch(response, /^HTTP\/1\.1 505 /);
  assertMatch(response, /\r\nConnection: close\r\n/);
});

both("a response up to the end of the connection ends with close-notify", async (_site, port) => {
  const said = await sClient(
    port,
    ["-quiet", "-ign_eof"],
    "GET /stream HTTP/1.0\r\nHost: a\r\n\r\n",
  );
  assertMatch(said, /one two three/);
  assert(!/unexpected eof/.test(said), said);
});

both(
  "a client that ends its side gets its whole response and close-notify",
  async (_site, port) => {
    const socket = await dial(port);
    const heard = say(socket, "GET /stream HTTP/1.0\r\nHost: a\r\n\r\n");
    socket.end();
    assertMatch(await heard, /one two three$/);
  },
);

both("a request to renegotiate does not hurt the server", async (_site, port) => {
  await sClient(port, ["-tls1_2", "-legacy_renegotiation"], "GET / HTTP/1.1\nR\n");
  assertEquals((await ask(port)).text, "https: 0");
});

both("a connection that is cut in the middle is no error in the log", async (site, port) => {
  const socket = await dial(port);
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
  await until(() => site.server.stats.requests === 1);
  await hangUp(socket);
  await until(() => site.server.stats.connections === 0);
});

both("garbage behind the handshake ends the connection, and no other", async (site, port) => {
  using relay = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dialling = Deno.connectTls({
    hostname: "localhost",
    port: relay.addr.port,
    caCerts: [Pki.shared.root],
  });
  const client = await relay.accept();
  const server = await Deno.connect({ hostname: "127.0.0.1", port });
  const [there, back] = [copy(client, server), copy(server, client)];
  using inside = await dialling;
  await inside.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  await inside.read(new Uint8Array(1_000));
  await server.write(new Uint8Array([23, 3, 3, 0, 32, ...new Uint8Array(32).fill(7)]));
  await back; // the server has closed it, and so the client is
  await there;
  assertEquals((await ask(port)).status, 200);
  assertEquals(site.events, []);
});

both("a slow reader holds the response back, and gets it all", async (site, port) => {
  using client = await Deno.connectTls({
    hostname: "localhost",
    port,
    caCerts: [Pki.shared.root],
  });
  const request = "GET /endless HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  await client.write(new TextEncoder().encode(request));
  await until(() => pulled > 0);
  for (let seen = -1; seen !== pulled;) { // what the system buffers is full some time
    seen = pulled;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert(pulled < 16 * 1024 * 1024, `${pulled} octets were taken from a client that reads nothing`);
  const piece = new Uint8Array(64 * 1024);
  for (let size = 0; size < 4_000_000;) size += await client.read(piece) ?? NaN;
  client.close();
  await until(() => site.server.stats.connections === 0);
});

/** Copies from one connection to another until one of them ends. */
async function copy(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  const piece = new Uint8Array(16 * 1024);
  try {
    for (let count = await from.read(piece); count !== null; count = await from.read(piece)) {
      await to.write(piece.subarray(0, count));
    }
  } catch {
    // One of them has ended.
  }
  try {
    to.close();
  } catch {
    // It is closed already.
  }
}

for (const tlsAdapter of ["deno", "node"] as const) {
  const missing = noPki ?? (isInstalled("curl") ? undefined : "curl is not installed");
  Deno.test({
    name: `${tlsAdapter}: curl gets, posts and names what it sees` +
      (missing === undefined ? "" : ` (${missing})`),
    ignore: missing !== undefined,
    async fn() {
      await using site = new Site(app, { ...Pki.shared.files(), tlsAdapter });
      const url = `https://localhost:${portOf(site)}`;
      assertEquals((await curl(`${url}/`)).output, "https: 0");
      assertEquals((await curl("--http1.0", `${url}/stream`)).output, "one two three");
      assertEquals((await curl("--data", "abc", `${url}/`)).output, "https: 3");
      assertEquals((await curl(`${url}/large`)).output === LARGE, true);
      const untrusted = await curl("--cacert", Pki.shared.certificate("other"), url);
      assertEquals(untrusted.code, 60); // the peer's certificate cannot be authenticated
      await until(() => site.events.includes("handshake-failed"));
      const [failure] = site.log.filter(({ event }) => event === "handshake-failed");
      assertEquals(failure.code, "refused-by-client");
      assertEquals(failure.level, "info");
    },
  });
}
