// Handlers whose request content is broken, too large or too slow: the status, and the fault in the log.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { GET, post } from "./fetching.ts";
import { contentText, saysClose } from "../../support/raw_client.ts";
import { settle } from "../../support/scripted_stream.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

const CHUNKED = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||";

for (
  const [name, status, wire] of [
    ["a broken chunk", 400, CHUNKED + "3|abc|zz|"],
    ["a chunk that is too large", 413, CHUNKED + "b|hello world|0||"],
    ["chunks that are too large together", 413, CHUNKED + "6|hello |5|world|0||"],
    ["a declared length that is too large", 413, post("hello world")],
    ["trailers that are too large", 431, CHUNKED + `0|X-A: ${"x".repeat(10_000)}||`],
  ] as const
) {
  Deno.test(`a handler that fails over ${name} gets ${status}`, async () => {
    for (
      const read of [
        (request: Request) => request.text(),
        (request: Request) => request.formData(),
        (request: Request) => new Request(request).bytes(),
        async (request: Request) => {
          for await (const _piece of request.body!);
        },
      ]
    ) {
      await using site = new Site(async (request) => {
        await read(request);
        return new Response("read");
      }, { maxContentSize: 10, serverName: "" });
      const response = await site.ask(wire);
      assertEquals(response.status, status);
      assert(saysClose(response));
      assertEquals(site.events, ["request-refused"]);
      assertEquals(site.log[0].level, "warn");
    }
  });
}

Deno.test("a handler that fails over content that is too slow gets 408", async () => {
  await using site = new Site(async (request) => new Response(await request.text()), {
    contentTimeout: 40,
  });
  const client = await site.connect();
  await client.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 10||abc"));
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [408, true]);
  assertEquals(site.events, ["request-refused"]);
});

Deno.test("a handler that fails over content that ends too early gets 400", async () => {
  await using site = new Site(async (request) => new Response(await request.text()));
  const client = await site.connect();
  await client.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 10||abc"));
  await client.half();
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [400, true]);
});

Deno.test("a handler that catches its broken content has the last word, and the connection closes", async () => {
  await using site = new Site(async (request) => {
    await request.text().catch(() => {});
    return new Response("never mind");
  });
  const client = await site.connect();
  await client.send(octets(CHUNKED + "zz|" + GET));
  const response = await client.read();
  assertEquals([response.status, contentText(response)], [200, "never mind"]);
  assert(saysClose(response));
  await client.expectEnd();
});

Deno.test("a handler that does not look at its broken content has the last word, and the connection closes", async () => {
  let handled = 0;
  await using site = new Site(() => new Response(`${++handled}`));
  const client = await site.connect();
  await client.send(octets(CHUNKED + "zz|" + GET));
  const response = await client.read();
  assertEquals([response.status, contentText(response)], [200, "1"]);
  await client.expectEnd();
  assertEquals(handled, 1);
});

Deno.test("a handler that fails for its own reasons behind good content gets 500", async () => {
  await using site = new Site(async (request) => {
    await request.text();
    throw new Error("secret");
  });
  const client = await site.connect();
  await client.send(octets(post("abc") + post("abc")));
  for (let i = 0; i < 2; i++) {
    const response = await client.read();
    assertEquals([response.status, saysClose(response)], [500, false]);
  }
});

Deno.test("content that fails while an response streams cuts the response", async () => {
  await using site = new Site((request) => new Response(request.body)); // an echo
  const client = await site.connect();
  await client.send(octets(CHUNKED + "3|abc|zz|"));
  await assertRejects(() => client.read());
  await settle();
  assertEquals(site.server.stats.aborted, 1);
});

Deno.test("content is echoed while it comes", async () => {
  // The head has to say whether the connection persists while most of the content is still to come.
  await using site = new Site((request) => new Response(request.body), { drainLimit: 1_000_000 });
  const client = await site.connect();
  const size = 300_000;
  const content = "0123456789".repeat(size / 10);
  const [, response] = await Promise.all([client.send(octets(post(content))), client.read()]);
  assert(contentText(response) === content);
  assert(!saysClose(response));
  await client.send(octets(post("again")));
  assertEquals(contentText(await client.read()), "again");
});
