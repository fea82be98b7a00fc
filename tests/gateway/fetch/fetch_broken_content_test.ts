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

const LIMIT_HANDLERS = [
  ["a text", () => new Response("never mind")],
  ["a stream", () => new Response(new Blob(["never mind"]).stream())],
  ["no content", () => new Response(null, { status: 204 })],
] as const;

for (const [name, respond] of LIMIT_HANDLERS) {
  Deno.test(`content over maxContentSize is 413, although its handler catches that and gives ${name}`, async () => {
    await using site = new Site(async (request) => {
      await request.text().catch(() => {});
      return respond();
    }, { maxContentSize: 10 });
    const client = await site.connect();
    await client.send(octets(CHUNKED + "b|hello world|0||" + GET));
    const response = await client.read();
    assertEquals([response.status, saysClose(response)], [413, true]);
    await client.expectEnd();
    assertEquals(site.events, ["request-refused"]);
  });
}

Deno.test("a handler that says 413 itself keeps its own content", async () => {
  await using site = new Site(async (request) => {
    await request.text().catch(() => {});
    return new Response("Too much, sorry", { status: 413 });
  }, { maxContentSize: 10 });
  assertEquals(contentText(await site.ask(CHUNKED + "b|hello world|0||")), "Too much, sorry");
});

Deno.test("content over maxContentSize is 413 in the pool, although its handler catches that", async () => {
  const app = new URL("./fixtures/catches_content.ts", import.meta.url);
  await using site = new Site(app, { mode: "pool", minWorkers: 1, maxContentSize: 10 });
  await site.server.ready;
  for (const path of ["/text", "/stream"]) {
    const wire = (CHUNKED + "b|hello world|0||").replace("/", path);
    assertEquals((await site.ask(wire)).status, 413);
  }
  assertEquals((await site.ask(GET)).status, 200); // the worker is usable
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
