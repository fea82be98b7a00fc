// Closing a connection so that its last response arrives (RFC 9112 §9.6), and stopping it.

import { assertEquals } from "@std/assert";
import { Client, get, hello, path, TICKS } from "./memory_client.ts";
import { Latch } from "../support/latch.ts";
import { MemoryServer } from "../support/memory_server.ts";
import { contentText, RawClient, saysClose } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

const CLOSING = "GET / HTTP/1.1|Host: a|Connection: close||";

Deno.test("a closing connection ends its side and waits for the client's end", async () => {
  await using client = new Client(hello);
  await client.tell(CLOSING);
  assertEquals(contentText(await client.read()), "hello");
  await client.expectEnd();
  assertEquals(client.server.connections, 1);
  await client.half();
  await client.server.closed();
});

Deno.test("a closing connection does not wait longer than 2 s", async () => {
  await using client = new Client(hello);
  await client.tell(CLOSING);
  await client.read();
  await client.expectEnd();
  await client.pass(1_500);
  assertEquals(client.server.connections, 1);
  await client.pass(500 + TICKS);
  await client.server.closed();
});

Deno.test("a closing connection reads only up to lingerLimit, and cuts no client off before 2 s", async () => {
  await using client = new Client(hello, { lingerLimit: 1_000 }, 1_000);
  await client.send(octets(CLOSING));
  const sending = client.trySend(new Uint8Array(100_000));
  await settle();
  assertEquals(contentText(await client.read()), "hello");
  await client.expectEnd();
  await client.pass(1_500);
  assertEquals(client.server.connections, 1);
  await client.pass(500 + TICKS);
  await client.server.closed();
  await sending;
  const { bytesRead } = client.server.counters;
  assertEquals(bytesRead > 1_000 && bytesRead < 4_000, true, `${bytesRead}`);
});

Deno.test("a rejection reaches a client that is still sending", async () => {
  await using client = new Client(hello, { maxContentSize: 100 }, 1_000);
  const sending = client.trySend(octets(
    "POST / HTTP/1.1|Host: a|Content-Length: 50000||" + "x".repeat(50_000),
  ));
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [413, true]);
  await sending;
  await client.expectClose();
});

Deno.test("responses say close when the server is stopping", async () => {
  await using client = new Client(path);
  await client.send(octets(get("/1")));
  assertEquals(saysClose(await client.read()), false);
  client.server.stopping = true;
  await client.send(octets(get("/2")));
  assertEquals(saysClose(await client.read()), true);
  await client.expectClose();
});

Deno.test("a connection whose response had begun when the server stopped serves one more request", async () => {
  const end = new Latch();
  await using client = new Client(() =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(octets("begun"));
          await end.passed();
          controller.close();
        },
      }, { highWaterMark: 0 }),
    )
  );
  await client.tell(get("/"));
  client.server.stopping = true;
  end.open();
  const begun = await client.read();
  assertEquals([contentText(begun), saysClose(begun)], ["begun", false]); // so the client may send another
  await client.send(octets(get("/")));
  assertEquals(saysClose(await client.read()), true);
  await client.expectClose();
});

Deno.test("a connection that is accepted while the server stops gets its first response", async () => {
  await using server = new MemoryServer(hello);
  server.stopping = true;
  using client = new RawClient(server.connect());
  await settle();
  await client.send(octets(get("/")));
  const response = await client.read();
  assertEquals([contentText(response), saysClose(response)], ["hello", true]);
});
