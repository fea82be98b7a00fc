// Upgraded connections in every mode: octets, and WebSockets with the client of Deno.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { Site } from "../../support/site.ts";

const MODES: Record<string, ServerOptions> = {
  inline: { mode: "inline" },
  pool: { mode: "pool", minWorkers: 1, maxWorkers: 1 },
  sharded: { mode: "sharded", minWorkers: 1, maxWorkers: 1 },
};

const HANDSHAKE = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

class Client {
  readonly socket: WebSocket;
  readonly closed: Promise<CloseEvent>;
  readonly #messages: unknown[] = [];
  #notify: (() => void) | undefined;

  constructor(url: string, protocols: string[] = []) {
    this.socket = new WebSocket(url.replace("http", "ws"), protocols);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      this.#messages.push(data);
      this.#notify?.();
    };
    this.closed = new Promise((resolve) => this.socket.onclose = resolve);
  }

  async open(): Promise<this> {
    await new Promise((resolve, reject) => {
      this.socket.onopen = resolve;
      this.socket.onerror = reject;
    });
    return this;
  }

  async next(): Promise<unknown> {
    while (this.#messages.length === 0) {
      await Promise.race([
        new Promise<void>((resolve) => this.#notify = resolve),
        this.closed.then(({ code }) => Promise.reject(new Error(`closed with ${code}`))),
      ]);
    }
    return this.#messages.shift();
  }
}

function site(options: ServerOptions): Site {
  return new Site(new URL("./fixtures/upgrades.ts", import.meta.url), options);
}

/** Sends octets, ends that side and reads everything. */
async function dialogue(site: Site, text: string): Promise<string> {
  const conn = await site.dial();
  await conn.write(new TextEncoder().encode(text));
  await conn.closeWrite();
  let all = "";
  const decoder = new TextDecoder();
  const piece = new Uint8Array(64 * 1024);
  for (let count; (count = await conn.read(piece)) !== null;) {
    all += decoder.decode(piece.subarray(0, count), { stream: true });
  }
  conn.close();
  return all;
}

for (const [mode, options] of Object.entries(MODES)) {
  Deno.test(`${mode}: an upgraded connection passes octets on, those behind the request first`, async () => {
    await using server = site(options);
    await server.server.ready;
    const wire =
      "GET /upper HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: upper, x\r\n\r\nabc";
    assertEquals(
      await dialogue(server, wire),
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: upper\r\n\r\nready\nABCend\n",
    );
  });

  Deno.test(`${mode}: CONNECT gets a tunnel with 200 in proxyMode, with half-close`, async () => {
    await using server = site({ ...options, proxyMode: true });
    const tunnel = await dialogue(
      server,
      "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\r\nabc",
    );
    assertEquals(
      tunnel.replace(/Date: .* GMT/, "Date: now"),
      "HTTP/1.1 200 OK\r\nDate: now\r\n\r\nready\nABCend\n",
    );
    const refused = "CONNECT no.example:1 HTTP/1.1\r\nHost: no.example:1\r\n\r\n";
    assertStringIncludes(await dialogue(server, refused), "HTTP/1.1 403 ");
  });

  Deno.test(`${mode}: web streams carry a megabyte both ways`, async () => {
    await using server = site(options);
    await server.server.ready;
    const conn = await server.dial();
    const head = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: e\r\n\r\n";
    await conn.write(new TextEncoder().encode(head));
    const sent = (async () => {
      const data = new Uint8Array(1024 * 1024).fill(65);
      for (let at = 0; at < data.length;) at += await conn.write(data.subarray(at));
      await conn.closeWrite();
    })();
    let count = 0;
    const piece = new Uint8Array(64 * 1024);
    for (let n; (n = await conn.read(piece)) !== null;) count += n;
    await sent;
    conn.close();
    const answer =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: e\r\nx-kind: echo\r\n\r\n";
    assertEquals(count, 1024 * 1024 + answer.length);
  });

  Deno.test(`${mode}: an upgrade that the request does not allow is 500`, async () => {
    await using server = site(options);
    await server.server.ready;
    for (
      const request of [
        "GET /upper HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /upper HTTP/1.1\r\nHost: a\r\nUpgrade: upper\r\n\r\n",
        "GET /upper HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: \r\n\r\n",
        "GET /upper HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: upper\r\n\r\n",
        "POST /upper HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: upper\r\nContent-Length: 1\r\n\r\nx",
      ]
    ) assertStringIncludes(await dialogue(server, request), "HTTP/1.1 500 ", request);
  });

  Deno.test(`${mode}: a WebSocket echoes text and octets, and closes with code and reason`, async () => {
    await using server = site(options);
    await server.server.ready;
    const client = await new Client(server.url).open();
    client.socket.send("grüße");
    assertEquals(await client.next(), "grüße");
    client.socket.send(new Uint8Array(300_000).fill(7));
    const octets = new Uint8Array(await client.next() as ArrayBuffer);
    assert(octets.length === 300_000 && octets.every((octet) => octet === 7));
    client.socket.send("close");
    const { code, reason, wasClean } = await client.closed;
    assertEquals([code, reason, wasClean], [3001, "as asked", true]);
  });

  Deno.test(`${mode}: Hono's helper for WebSockets runs unchanged where the thread is the application's`, async () => {
    if (mode === "inline") return; // a library call leaves the globals of its program alone
    await using server = site(options);
    await server.server.ready;
    const client = await new Client(`${server.url}/hono`).open();
    client.socket.send("a");
    assertEquals(await client.next(), "hono a");
    client.socket.close(1000);
    assertEquals((await client.closed).code, 1000);
  });

  Deno.test(`${mode}: a message past maxWebSocketMessage closes with 1009, a subprotocol is chosen`, async () => {
    await using server = site({ ...options, maxWebSocketMessage: 1000 });
    await server.server.ready;
    const client = await new Client(`${server.url}/chat`, ["x", "chat"]).open();
    assertEquals(client.socket.protocol, "chat");
    client.socket.send("x".repeat(1001));
    assertEquals((await client.closed).code, 1009);
  });

  Deno.test(`${mode}: a stop closes WebSockets with 1001`, async () => {
    await using server = site(options);
    await server.server.ready;
    const client = await new Client(server.url).open();
    const stopped = server.server.stop();
    assertEquals((await client.closed).code, 1001);
    await stopped;
  });

  Deno.test(`${mode}: a silent client gets a ping and then the end`, async () => {
    await using server = site({ ...options, webSocketPing: 200 });
    await server.server.ready;
    using client = await server.connect();
    await client.send(new TextEncoder().encode(`GET / HTTP/1.1\r\n${HANDSHAKE}\r\n`));
    const conn = await dialogueOpen(server);
    assertStringIncludes(conn, "\x89\x00\x88");
  });

  Deno.test(`${mode}: past maxWebSockets the response is 503; a wrong version gets 426`, async () => {
    await using server = site({ ...options, maxWebSockets: 1 });
    await server.server.ready;
    const client = await new Client(server.url).open();
    const refused = await dialogue(server, `GET / HTTP/1.1\r\n${HANDSHAKE}\r\n`);
    assertStringIncludes(refused, "HTTP/1.1 503 ");
    const version = HANDSHAKE.replace("Version: 13", "Version: 8");
    const wrong = await dialogue(server, `GET / HTTP/1.1\r\n${version}\r\n`);
    assertStringIncludes(wrong, "HTTP/1.1 426 ");
    assertStringIncludes(wrong.toLowerCase(), "sec-websocket-version: 13");
    client.socket.close();
    await client.closed;
  });
}

/** Opens a WebSocket by hand, sends nothing and reads until the server ends. */
async function dialogueOpen(site: Site): Promise<string> {
  const conn = await site.dial();
  await conn.write(new TextEncoder().encode(`GET / HTTP/1.1\r\n${HANDSHAKE}\r\n`));
  let all = "";
  const piece = new Uint8Array(1024);
  for (let count; (count = await conn.read(piece)) !== null;) {
    all += String.fromCharCode(...piece.subarray(0, count));
  }
  conn.close();
  return all;
}

Deno.test("a worker that ends closes its WebSockets with 1012; one that is replaced, too", async () => {
  await using server = site(MODES.pool);
  await server.server.ready;
  const client = await new Client(server.url).open();
  await (await fetch(`${server.url}/exit`)).text();
  assertEquals((await client.closed).code, 1012);
  const another = await new Client(server.url).open();
  await server.server.reload();
  assertEquals((await another.closed).code, 1012);
});

Deno.test("an open WebSocket takes no place of a worker", async () => {
  await using server = site({ ...MODES.pool, exchangesPerWorker: 1 });
  await server.server.ready;
  const clients = [];
  for (let i = 0; i < 5; i++) clients.push(await new Client(server.url).open());
  assertEquals(await (await fetch(server.url)).text(), "plain");
  for (const client of clients) client.socket.close();
  await Promise.all(clients.map(({ closed }) => closed));
});
