// Request content that comes late, slowly, in part or not at all.

import { assert, assertEquals } from "@std/assert";
import { Client, text, TICKS } from "./memory_client.ts";
import { Latch } from "../support/latch.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

Deno.test("content that stops coming gets a 408 at contentTimeout", async () => {
  await using client = new Client(text, { minContentRate: 0 });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 10||abc");
  await client.pass(29_000);
  await client.tell("d"); // a new gap begins
  await client.pass(29_000);
  assertEquals(client.server.connections, 1);
  await client.pass(1_000 + TICKS);
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [408, true]);
  await client.expectClose();
  assertEquals(client.events, ["request-refused"]);
});

Deno.test("chunked content that stops coming gets a 408 at contentTimeout", async () => {
  await using client = new Client(text, { minContentRate: 0 });
  await client.tell("POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||5|abc");
  await client.pass(30_000 + TICKS);
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [408, true]);
  await client.expectClose();
});

Deno.test("content that comes too slowly gets a 408", async () => {
  await using client = new Client(text);
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 1000000||");
  let passed = 0;
  for (; client.server.log.length === 0 && passed < 30_000; passed += 250) {
    await client.trySend(octets("x"));
    await settle(); // the next read has begun
    await client.pass(250);
  }
  assertEquals((await client.read()).status, 408);
  assert(passed >= 5_000 && passed <= 6_000, `took ${passed} ms`);
  await client.expectClose();
});

Deno.test("content that takes longer than requestTimeout gets a 408", async () => {
  await using client = new Client(text, { minContentRate: 0, requestTimeout: 20_000 });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 100||");
  for (let i = 0; i < 19; i++) {
    await client.tell("x");
    await client.pass(1_000);
  }
  assertEquals(client.server.log, []);
  await client.pass(1_000 + TICKS);
  assertEquals((await client.read()).status, 408);
  await client.expectClose();
});

Deno.test("content has no deadline while the application does not read it", async () => {
  const go = new Latch();
  await using client = new Client(async (request) => {
    await go.passed();
    return new Response(await request.text());
  });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 5||ab");
  await client.pass(400_000);
  go.open();
  await settle();
  await client.send(octets("cde"));
  const response = await client.read();
  assertEquals([response.status, contentText(response)], [200, "abcde"]);
});

Deno.test("a handler that catches the timeout of its content chooses the response", async () => {
  await using client = new Client(async (request) => {
    try {
      await request.text();
    } catch {
      return new Response("never mind");
    }
    return new Response("it came");
  });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 10||abc");
  await client.pass(30_000 + TICKS);
  const response = await client.read();
  assertEquals([response.status, contentText(response)], [200, "never mind"]);
  assert(saysClose(response));
  await client.expectClose();
});

Deno.test("a client that leaves while its content is read is no fault of the handler", async () => {
  const signalled = new Latch<AbortSignal>();
  await using client = new Client(async (request) => {
    signalled.open(request.signal);
    const pieces: Uint8Array[] = [];
    for await (const piece of request.body!) pieces.push(piece);
    return new Response("it came");
  });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 100||");
  const signal = await signalled.passed();
  await client.tell("abc"); // read by the handler, which asks for more
  client.stream.reset();
  await settle();
  assertEquals(signal.aborted, true);
  await client.server.closed();
  assertEquals(client.server.log.filter(({ level }) => level === "error"), []);
});

Deno.test("a client that ends its side within its content gets a 400", async () => {
  await using client = new Client(text);
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 10||abc");
  await client.half();
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [400, true]);
  await client.expectClose();
});
