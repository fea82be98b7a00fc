// Many connections: more than the limit, and many without a request.

import { assert, assertEquals } from "@std/assert";
import { GET, hello } from "./serving.ts";
import { Latch, within } from "../support/latch.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";

Deno.test("at maxConnections accepting pauses, and it continues when a connection closes", async () => {
  await using site = new Site(hello, { maxConnections: 2 });
  const [first, second, third] = [
    await site.connect(),
    await site.connect(),
    await site.connect(),
  ];
  for (const client of [first, second, third]) await client.send(octets(GET));
  assertEquals(contentText(await first.read()), "hello");
  assertEquals(contentText(await second.read()), "hello");
  assertEquals([site.server.stats.accepts, site.server.stats.connections], [2, 2]);
  first.close();
  assertEquals(contentText(await third.read()), "hello");
  assertEquals([site.server.stats.accepts, site.server.stats.connections], [3, 2]);
});

Deno.test("at maxConnections the longest idle connection is closed for the next client", async () => {
  const asked = new Latch();
  const release = new Latch();
  await using site = new Site(async (request) => {
    if (!request.url.endsWith("/busy")) return new Response("hello");
    asked.open();
    await release.passed();
    return new Response("busy");
  }, { maxConnections: 3 });
  const busy = await site.connect();
  await busy.send(octets("GET /busy HTTP/1.1|Host: a||"));
  await asked.passed();
  const [first, second] = [await site.connect(), await site.connect()];
  for (const client of [first, second]) {
    await client.send(octets(GET));
    await client.read();
    await new Promise((resolve) => setTimeout(resolve, 600)); // more than a tick of the sweep
  }
  const third = await site.connect();
  await third.send(octets(GET));
  assertEquals(contentText(await third.read()), "hello");
  await first.expectEnd();
  await second.send(octets(GET));
  assertEquals(contentText(await second.read()), "hello");
  release.open();
  assertEquals(contentText(await busy.read()), "busy");
  assertEquals(site.server.stats.connections, 3);
  assertEquals(site.log, []);
});

Deno.test("at maxConnections a client waits while no other is idle", async () => {
  const asked = new Latch();
  const release = new Latch();
  await using site = new Site(async () => {
    asked.open();
    await release.passed();
    return new Response("hello");
  }, { maxConnections: 1 });
  const busy = await site.connect();
  await busy.send(octets(GET));
  await asked.passed();
  const next = await site.connect();
  await next.send(octets(GET));
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  assertEquals(site.server.stats.accepts, 1);
  release.open();
  assertEquals(contentText(await busy.read()), "hello");
  // The first client keeps its connection and stays idle.
  assertEquals(contentText(await next.read()), "hello");
  await busy.expectEnd();
});

Deno.test("a server that has paused accepting can be stopped", async () => {
  const asked = new Latch();
  const release = new Latch();
  await using site = new Site(async () => {
    asked.open();
    await release.passed();
    return new Response("hello");
  }, { maxConnections: 1 });
  const client = await site.connect();
  await client.send(octets(GET));
  await asked.passed();
  const stopping = site.server.stop();
  release.open();
  assert(saysClose(await client.read()));
  client.close();
  await within(stopping);
});

Deno.test("a thousand silent connections delay no request", async () => {
  await using site = new Site(hello);
  const silent: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < 10; i++) {
      silent.push(...await Promise.all(Array.from({ length: 100 }, () => site.dial())));
    }
    const begin = performance.now();
    for (let i = 0; i < 10; i++) assertEquals(contentText(await site.ask(GET)), "hello");
    const took = performance.now() - begin;
    assert(took < 2_000, `ten requests took ${took} ms`);
    assert(site.server.stats.connections >= 1_000);
  } finally {
    for (const conn of silent) conn.close();
  }
});

Deno.test("a client that leaves before its connection is served does not end the server", async () => {
  await using site = new Site(hello);
  for (let round = 0; round < 5; round++) {
    const conns = await Promise.all(Array.from({ length: 20 }, () => site.dial()));
    await Promise.all(conns.map((conn) => conn.write(octets("GET"))));
    for (const conn of conns) conn.close();
  }
  assertEquals(contentText(await site.ask(GET)), "hello");
  assertEquals(site.log.filter(({ level }) => level === "error"), []);
});
