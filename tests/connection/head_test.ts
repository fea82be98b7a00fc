// Request heads that come late, in part or not at all.

import { assertEquals } from "@std/assert";
import { Client, hello, TICKS } from "./memory_client.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";

Deno.test("an incomplete head gets a 408 at its deadline", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Host: a|");
  await client.pass(14_000);
  assertEquals(client.server.connections, 1);
  await client.pass(1_000 + TICKS);
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [408, true]);
  await client.expectClose();
  assertEquals(client.codes, ["head-timeout"]);
});

Deno.test("a 408 for an incomplete head of HEAD has no content", async () => {
  await using client = new Client(hello);
  await client.tell("HEAD / HTTP/1.1|Host: a|");
  await client.pass(15_000 + TICKS);
  const { status, framing } = await client.read("HEAD");
  assertEquals([status, framing], [408, "none"]);
  await client.expectClose();
  assertEquals(client.server.finished.map(({ contentOut }) => contentOut), [0]);
});

Deno.test("octets that keep coming do not extend the deadline of a head", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|X-Drip: ");
  for (let i = 0; i < 15; i++) {
    await client.tell("x");
    await client.pass(1_000);
  }
  await client.pass(TICKS);
  assertEquals((await client.read()).status, 408);
  await client.expectClose();
});

Deno.test("a request behind a 408 is not served", async () => {
  let served = 0;
  await using client = new Client(() => new Response(`${++served}`));
  await client.tell("GET / HTTP/1.1|Host: a|");
  await client.pass(15_000 + TICKS);
  await client.trySend(octets("|GET /more HTTP/1.1|Host: a||"));
  assertEquals((await client.read()).status, 408);
  await client.expectClose();
  assertEquals(served, 0);
});

Deno.test("a connection without an octet is closed without a response", async () => {
  await using client = new Client(hello);
  await client.stream.peerStarved();
  await client.pass(15_000 + TICKS);
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a connection with only an empty line is closed without a response", async () => {
  await using client = new Client(hello);
  await client.tell("|");
  await client.pass(15_000 + TICKS);
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("an idle connection is closed without a response at keepAliveTimeout", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Host: a||");
  assertEquals(contentText(await client.read()), "hello");
  assertEquals(client.server.idle, 1);
  await client.pass(64_000);
  assertEquals(client.server.connections, 1);
  await client.pass(1_000 + TICKS);
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a request begins keepAliveTimeout anew", async () => {
  await using client = new Client(hello);
  for (let i = 0; i < 3; i++) {
    await client.tell("GET / HTTP/1.1|Host: a||");
    assertEquals((await client.read()).status, 200);
    await client.pass(60_000);
  }
  assertEquals(client.server.connections, 1);
});

Deno.test("the head of a later request has its own deadline", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Host: a||");
  await client.read();
  await client.pass(60_000);
  await client.tell("GET / HTTP/1.1|");
  await client.pass(14_000);
  await client.tell("Host: a||");
  assertEquals((await client.read()).status, 200);
  await client.tell("GET / HTTP/1.1|");
  await client.pass(15_000 + TICKS);
  assertEquals((await client.read()).status, 408);
  await client.expectClose();
});

Deno.test("a client that ends its side within a head gets a 400", async () => {
  await using client = new Client(hello);
  await client.tell("GET / HTTP/1.1|Host: a|");
  await client.half();
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [400, true]);
  await client.expectClose();
  assertEquals(client.codes, ["incomplete-head"]);
});

Deno.test("a client that ends its side before a head is no fault", async () => {
  await using client = new Client(hello);
  await client.half();
  await client.expectClose();
  assertEquals(client.server.log, []);
});

Deno.test("a client that resets the connection is no fault", async () => {
  for (const wire of ["", "GET / HTTP/1.1|", "GET / HTTP/1.1|Host: a||"]) {
    await using client = new Client(hello);
    await client.tell(wire);
    client.stream.reset();
    await client.server.closed();
    assertEquals(client.server.log, []);
    assertEquals(client.server.counters.socketErrors, 0);
  }
});
