// 100 (Continue): sent when the application reads the content, and only then (RFC 9110 §10.1.1).

import { assert, assertEquals } from "@std/assert";
import { Client, text } from "./memory_client.ts";
import { Latch } from "../support/latch.ts";
import { contentText, saysClose } from "../support/raw_client.ts";
import { stateOf } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

const EXPECTING = "POST / HTTP/1.1|Host: a|Content-Length: 3|Expect: 100-continue||";

Deno.test("100 (Continue) is sent when the content is read, and not before", async () => {
  const go = new Latch();
  await using client = new Client(async (request) => {
    await go.passed();
    return new Response(await request.text());
  });
  await client.tell(EXPECTING);
  const interim = client.readAny();
  assertEquals(await stateOf(interim), "pending");
  go.open();
  assertEquals((await interim).status, 100);
  await client.send(octets("abc"));
  const response = await client.read();
  assertEquals([response.status, contentText(response)], [200, "abc"]);
  assert(!saysClose(response));
  assertEquals(response.interim.length, 0); // it was sent once
});

Deno.test("100 (Continue) is left out when the handler ignores the content", async () => {
  await using client = new Client(() => new Response("no, thanks", { status: 403 }));
  await client.tell(EXPECTING);
  const response = await client.read();
  assertEquals([response.status, response.interim.length], [403, 0]);
  // The content may or may not come, so no further request can be found.
  assert(saysClose(response));
  await client.expectClose();
});

Deno.test("100 (Continue) is left out when content is there already", async () => {
  await using client = new Client(text);
  await client.tell(EXPECTING + "ab");
  await client.send(octets("c"));
  const response = await client.read();
  assertEquals([contentText(response), response.interim.length], ["abc", 0]);
});

Deno.test("100 (Continue) is left out for HTTP/1.0", async () => {
  await using client = new Client(text);
  await client.tell("POST / HTTP/1.0|Content-Length: 3|Expect: 100-continue||");
  await client.send(octets("abc"));
  const response = await client.read();
  assertEquals([contentText(response), response.interim.length], ["abc", 0]);
});

Deno.test("100 (Continue) is left out when there is no content", async () => {
  await using client = new Client(text);
  await client.tell("POST / HTTP/1.1|Host: a|Content-Length: 0|Expect: 100-continue||");
  const response = await client.read();
  assertEquals([response.status, response.interim.length], [200, 0]);
  assert(!saysClose(response));
});

Deno.test("100 (Continue) is left out when the response has begun", async () => {
  await using client = new Client((request) => {
    const { readable, writable } = new TransformStream();
    const echo = async () => {
      const writer = writable.getWriter();
      await writer.write(octets("got "));
      await writer.write(octets(await request.text()));
      await writer.close();
    };
    echo().catch(() => {});
    return new Response(readable);
  });
  await client.tell(EXPECTING);
  await client.send(octets("abc"));
  const response = await client.read();
  const interim = response.interim.map(({ status }) => status);
  assertEquals(contentText(response), "got abc");
  assert(interim.length <= 1, `interim responses: ${interim}`);
});

Deno.test("the log quotes an expectation that cannot be met, and what was expected", async () => {
  await using client = new Client(() => new Response());
  await client.tell("GET / HTTP/1.1|Host: a|Expect: the\tworst||");
  assertEquals((await client.read()).status, 417);
  assertEquals(
    client.server.log[0].message,
    'Cannot meet expectation: expected 100-continue, got "the\\tworst"',
  );
});
