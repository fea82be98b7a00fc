// Content that the application leaves: it is drained, or the connection closes (RFC 9112 §9.3).

import { assertEquals } from "@std/assert";
import { Client, get, path, TICKS } from "./memory_client.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";

Deno.test("content that the handler leaves is drained, and the connection kept", async () => {
  for (
    const body of [
      "Content-Length: 11||hello world",
      "Transfer-Encoding: chunked||5|hello|6| world|0|X-Trailer: 1||",
    ]
  ) {
    await using client = new Client(path);
    await client.send(octets(`POST /1 HTTP/1.1|Host: a|${body}` + get("/2")));
    const first = await client.read();
    assertEquals([contentText(first), saysClose(first)], ["/1", false]);
    assertEquals(contentText(await client.read()), "/2");
  }
});

Deno.test("content that comes after the response is drained", async () => {
  await using client = new Client(path);
  await client.tell("POST /1 HTTP/1.1|Host: a|Content-Length: 12||");
  assertEquals(contentText(await client.read()), "/1");
  await client.send(octets("GET /evil HTTP/1.1||".slice(0, 5)));
  await client.send(octets("/evil|" + get("/2").slice(0, 3)));
  // "GET /" and "/evil|" are twelve octets of content, the next request follows.
  await client.send(octets(get("/2").slice(3)));
  const second = await client.read();
  assertEquals([second.status, contentText(second)], [200, "/2"]);
});

Deno.test("content that was read in part is drained", async () => {
  await using client = new Client(async (request) => {
    const reader = request.body!.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    return new Response(`${value!.length > 0}`);
  });
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 11||hello");
  assertEquals(contentText(await client.read()), "true");
  await client.send(octets(" world" + "POST / HTTP/1.1|Host: a|Content-Length: 1||x"));
  assertEquals(contentText(await client.read()), "true");
});

Deno.test("content that was cancelled is drained", async () => {
  await using client = new Client(async (request) => {
    await request.body?.cancel();
    return new Response(new URL(request.url).pathname);
  });
  await client.send(octets("POST /1 HTTP/1.1|Host: a|Content-Length: 5||hello" + get("/2")));
  assertEquals(contentText(await client.read()), "/1");
  assertEquals(contentText(await client.read()), "/2");
});

Deno.test("content of a known length over drainLimit makes the response say close", async () => {
  for (const [length, closes] of [[10, false], [11, true]] as const) {
    await using client = new Client(path, { drainLimit: 10 });
    await client.tell(`POST /1 HTTP/1.1|Host: a|Content-Length: ${length}||`);
    const response = await client.read();
    assertEquals([contentText(response), saysClose(response)], ["/1", closes]);
    if (closes) await client.expectClose();
  }
});

Deno.test("content without a known length is drained up to drainLimit, then the connection closes", async () => {
  const served: string[] = [];
  await using client = new Client((request) => {
    served.push(new URL(request.url).pathname);
    return new Response("ok");
  }, { drainLimit: 100 });
  const chunk = "a|" + "x".repeat(10) + "|";
  await client.send(octets(
    "POST /1 HTTP/1.1|Host: a|Transfer-Encoding: chunked||" + chunk.repeat(20) + "0||" + get("/2"),
  ));
  assertEquals((await client.read()).status, 200);
  await client.expectClose();
  assertEquals(served, ["/1"]);
});

Deno.test("unread content that does not come closes the connection after 2 s", async () => {
  await using client = new Client(path);
  await client.tell("POST /1 HTTP/1.1|Host: a|Content-Length: 10||abc");
  assertEquals(contentText(await client.read()), "/1");
  await client.pass(1_500);
  assertEquals(client.server.connections, 1);
  await client.pass(500 + TICKS);
  await client.expectClose();
});

Deno.test("unread content that is faulty closes the connection behind the response", async () => {
  const served: string[] = [];
  await using client = new Client((request) => {
    served.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  await client.send(octets(
    "POST /1 HTTP/1.1|Host: a|Transfer-Encoding: chunked||zz|" + get("/2"),
  ));
  assertEquals((await client.read()).status, 200);
  await client.expectClose();
  assertEquals(served, ["/1"]);
});
