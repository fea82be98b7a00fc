// The `upgrade` and `connect` events of an `http.Server`, in this thread and in a worker: the libraries of Node that
// take WebSockets by them run unchanged (fixtures/upgrades.mjs).

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createClient } from "npm:graphql-ws@6.4.2";
import { io } from "npm:socket.io-client@4.8.4";
import fastify from "npm:fastify@5.12.8";
import WebSocket, { WebSocketServer } from "npm:ws@8.23.0";
import { once } from "node:events";
import http from "node:http";
import type { Application } from "../../../src/application/application.ts";
import { NodeGateway } from "../../../src/gateway/node/mod.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

const APP = new URL("fixtures/upgrades.mjs", import.meta.url);

for (const mode of ["inline", "pool"] as const) {
  Deno.test(`the upgrade and connect events of an http.Server (${mode})`, async (t) => {
    const site = start(mode);
    try {
      await t.step("ws, socket.io, graphql-ws and tRPC run unchanged", async () => {
        await talkToWs(site);
        await talkToSocketIo(site);
        await talkToGraphql(site);
        await talkToTrpc(site);
        assertEquals(site.log, []);
      });
      await t.step("what a listener writes without 101 is the response", () => refusals(site));
      await t.step("octets pass both ways, and each side ends by itself", () => rawOctets(site));
      if (mode === "pool") {
        await t.step("a reload closes WebSockets with 1012", async () => {
          const closed = once(await connect(site, "/echo"), "close");
          await site.server.reload();
          assertEquals((await closed)[0], 1012);
        });
      }
      await t.step("the end of the server closes WebSockets with 1001", () => stopBeneath(site));
    } finally {
      await site.server.stop();
    }
  });
}

Deno.test("no more than maxWebSockets are opened by an http.Server", async () => {
  await using site = start("inline", { maxWebSockets: 1 });
  const socket = await connect(site, "/echo");
  const other = new WebSocket(`${site.url.replace("http", "ws")}/echo`);
  assertMatch(`${(await once(other, "error"))[0]}`, /503/);
  socket.terminate();
});

Deno.test("the upgrade event of Fastify's own server", async () => {
  const app = fastify();
  app.get("/", () => "page");
  new WebSocketServer({ server: app.server }).on("connection", (socket) => {
    socket.on("message", (data) => socket.send(`${data}`));
  });
  await using site = new Site(new NodeGateway(app));
  const socket = await connect(site, "/");
  socket.send("hello");
  assertEquals(`${(await once(socket, "message"))[0]}`, "hello");
  assertEquals(await (await fetch(site.url)).text(), "page");
  socket.close();
  await once(socket, "close");
});

Deno.test("an http.Server that only takes upgrades has the response 404 for others", async () => {
  const server = http.createServer();
  new WebSocketServer({ server });
  await using site = new Site(server as unknown as Application);
  assertMatch(
    await site.rawResponse("GET / HTTP/1.1|Host: a|Connection: close||"),
    /^HTTP\/1.1 404/,
  );
});

function start(mode: "inline" | "pool", options: object = {}): Site {
  const workers = mode === "pool" ? { minWorkers: 1, maxWorkers: 1 } : {};
  return new Site(APP, { mode, ...workers, proxyMode: true, shutdownTimeout: 2_000, ...options });
}

async function talkToWs(site: Site): Promise<void> {
  const socket = await connect(site, "/echo");
  const ask = async (data: string | Uint8Array): Promise<string> => {
    socket.send(data);
    const [received, isBinary] = await once(socket, "message");
    return isBinary ? `binary ${received.length}` : `${received}`;
  };
  assertEquals(await ask("grüße"), "grüße");
  assertEquals(await ask("who"), "/echo 127.0.0.1");
  for (const size of [0, 125, 126, 65_536, 3_000_000]) {
    assertEquals(await ask(new Uint8Array(size)), `binary ${size}`);
  }
  socket.ping("still there");
  assertEquals(`${(await once(socket, "pong"))[0]}`, "still there");
  socket.send("pause");
  await new Promise<void>((resolve) => {
    let count = 0;
    socket.on("message", () => ++count === 100 && resolve());
    for (let i = 0; i < 100; i++) socket.send(new Uint8Array(50_000));
  });
  socket.send("close");
  const [code, reason] = await once(socket, "close");
  assertEquals([code, `${reason}`], [3001, "as asked"]);
  const leaving = await connect(site, "/echo");
  leaving.close(4000);
  assertEquals((await once(leaving, "close"))[0], 4000);
  const cut = await connect(site, "/echo");
  cut.send("terminate");
  assertEquals((await once(cut, "close"))[0], 1006);
  const large = await connect(site, "/echo");
  large.send(new Uint8Array(4_000_001));
  assertEquals((await once(large, "close"))[0], 1009);
  const lost = await connect(site, "/echo");
  lost.terminate();
  let closes: number[] = [];
  while (closes.length < 5) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    closes = await (await fetch(`${site.url}/closes`)).json();
  }
  assertEquals(closes.sort(), [1006, 1006, 1006, 3001, 4000]);
}

async function refusals(site: Site): Promise<void> {
  const refused = await exchange(site, upgradeOf("/refused"));
  assertMatch(refused, /^HTTP\/1\.1 401 Unauthorized\|WWW-Authenticate: Basic\|/);
  assertMatch(refused, /\|Connection: close\|/);
  assertMatch(await exchange(site, upgradeOf("/length")), /^HTTP\/1\.1 403 No\|.*\|\|nope$/);
  const inChunks = await exchange(site, upgradeOf("/node-response"));
  assertMatch(inChunks, /^HTTP\/1\.1 404 Not Found\|.*\|\|4\|not \|5\|found\|0\|\|$/);
  assertEquals(await exchange(site, upgradeOf("/ends")), "");
  assertEquals(site.events, []);
  for (const path of ["/throws", "/nonsense"]) {
    assertMatch(await exchange(site, upgradeOf(path)), /^HTTP\/1\.1 500 /);
  }
  assertEquals(site.events, ["handler-failed", "handler-failed"]);
  // With content the request cannot be upgraded, and is served as any other.
  const content = "Content-Length: 1|Connection: Upgrade|Upgrade: a||x";
  assertMatch(await exchange(site, `POST / HTTP/1.1|Host: a|${content}`), /^HTTP\/1\.1 404 /);
}

async function rawOctets(site: Site): Promise<void> {
  const response = "HTTP/1.1 101 Switching Protocols|Connection: Upgrade|Upgrade: raw|X-A: 1||";
  assertEquals(await exchange(site, upgradeOf("/raw") + "early"), `${response}ready;[early]bye`);
  const tunnel = await exchange(site, "CONNECT b:1 HTTP/1.1|Host: b:1||early");
  assertMatch(tunnel, /^HTTP\/1\.1 200 .*\|\|b:1;early$/);
}

/** Stops the server while a client reads slowly: its close frame comes behind whole messages. */
async function stopBeneath(site: Site): Promise<void> {
  const socket = await connect(site, "/echo");
  const closed = once(socket, "close");
  const received: number[] = [];
  socket.on("message", (data: Uint8Array) => received.push(data.length));
  for (let i = 0; i < 8; i++) socket.send(new Uint8Array(3_000_000));
  await once(socket, "message");
  socket.pause();
  const stopped = site.server.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.resume();
  const [code, reason] = await closed;
  assertEquals([code, `${reason}`], [1001, "The server is stopping"]);
  assert(received.every((length) => length === 3_000_000));
  await stopped;
}

async function talkToSocketIo(site: Site): Promise<void> {
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    const socket = io(site.url, { transports, forceNew: true });
    const upgraded = new Promise<void>((resolve) => {
      if (transports.length === 1) resolve();
      socket.io.engine.once("upgrade", () => resolve());
    });
    await new Promise<void>((resolve) => socket.on("connect", resolve));
    await upgraded;
    const reply = await socket.emitWithAck("hello", "you");
    assertEquals(reply, `hello you over ${transports.at(-1)}`);
    const closed = new Promise((resolve) => socket.io.engine.once("close", resolve));
    socket.disconnect();
    await closed;
  }
}

async function talkToGraphql(site: Site): Promise<void> {
  const url = `${site.url.replace("http", "ws")}/graphql`;
  const client = createClient({ url, webSocketImpl: WebSocket });
  const counts: unknown[] = [];
  const query = "subscription { count(to: 3) }";
  for await (const { data } of client.iterate<{ count: number }>({ query })) {
    counts.push(data?.count);
  }
  assertEquals(counts, [1, 2, 3]);
  await client.dispose();
}

async function talkToTrpc(site: Site): Promise<void> {
  const socket = await connect(site, "/trpc");
  socket.send(JSON.stringify({ id: 1, method: "query", params: { path: "greet" } }));
  const { result } = JSON.parse(`${(await once(socket, "message"))[0]}`);
  assertEquals(result.data, "hello of tRPC");
  socket.close();
  await once(socket, "close");
}

async function connect(site: Site, path: string): Promise<WebSocket> {
  const socket = new WebSocket(`${site.url.replace("http", "ws")}${path}`);
  await once(socket, "open");
  return socket;
}

function upgradeOf(path: string): string {
  return `GET ${path} HTTP/1.1|Host: a|Connection: Upgrade|Upgrade: raw||`;
}

/** Sends octets, ends the client's side a moment later and gives everything that comes, without the date. */
async function exchange(site: Site, wire: string): Promise<string> {
  const connection = await site.dial();
  await connection.write(octets(wire));
  const text = new Response(connection.readable).text();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await connection.closeWrite().catch(() => {}); // the server has closed it
  return (await text).replaceAll("\r\n", "|").replace(/Date: [^|]+\|Server: [^|]+\|/, "");
}
