// The second argument of a handler, `info`, with its interim responses.

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import type { FetchInfo } from "../../../src/gateway/fetch/fetch_handler.ts";
import { failingStream, GET } from "./fetching.ts";
import { Latch } from "../../support/latch.ts";
import { contentText, fieldValues } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

Deno.test("info describes the exchange", async () => {
  const told: FetchInfo[] = [];
  await using site = new Site((_request, info) => {
    told.push(info);
    return new Response("ok");
  });
  const conn = await site.dial();
  const ends = { client: conn.localAddr, server: conn.remoteAddr };
  const client = site.adopt(conn);
  await client.send(octets("GET /%41?b HTTP/1.1|hOST: a|X-b: 1|X-A: 2|X-b:  3 ||"));
  await client.read();
  await client.send(octets("GET http://b/x HTTP/1.0|Host: b|X-A: \xe4||"));
  await client.read();
  const [first, second] = told;
  assertEquals(first.remoteAddr, ends.client);
  assertEquals(first.localAddr, ends.server);
  assertEquals([first.protocol, second.protocol], ["HTTP/1.1", "HTTP/1.0"]);
  assertEquals([first.requestTarget, second.requestTarget], ["/%41?b", "http://b/x"]);
  assertEquals(first.rawHeaders, [["hOST", "a"], ["X-b", "1"], ["X-A", "2"], ["X-b", "3"]]);
  assertEquals(second.rawHeaders, [["Host", "b"], ["X-A", "\xe4"]]);
  assertNotEquals(first.requestId, second.requestId);
  assertEquals(first.requestId, told[0].requestId);
});

Deno.test("info.protocol of a higher minor version is the one that was sent", async () => {
  await using site = new Site((_request, info) => new Response(info.protocol));
  assertEquals(contentText(await site.ask("GET / HTTP/1.5|Host: a||")), "HTTP/1.5");
});

Deno.test("info.requestId is unique among requests and connections", async () => {
  const ids: string[] = [];
  await using site = new Site((_request, info) => {
    ids.push(info.requestId);
    return new Response("ok");
  });
  for (let connection = 0; connection < 3; connection++) {
    const client = await site.connect();
    await client.send(octets(GET.repeat(4)));
    for (let i = 0; i < 4; i++) await client.read();
  }
  assertEquals(new Set(ids).size, 12);
});

Deno.test("info.completed resolves when the response has been sent", async () => {
  const bodies: (() => BodyInit | null)[] = [
    () => null,
    () => "text",
    () => "x".repeat(1_000_000),
    () => new Blob(["a", "b"]),
  ];
  for (const body of bodies) {
    const told = new Latch<FetchInfo>();
    await using site = new Site((_request, info) => {
      told.open(info);
      return new Response(body());
    });
    const client = await site.connect();
    await client.send(octets(GET));
    const { completed } = await told.passed();
    await client.read();
    await completed;
    assertEquals(await completed, undefined);
  }
});

Deno.test("info.completed that is read afterwards resolves as well", async () => {
  const told = new Latch<FetchInfo>();
  await using site = new Site((_request, info) => {
    told.open(info);
    return new Response("ok");
  });
  await site.ask(GET);
  assertEquals(await (await told.passed()).completed, undefined);
});

Deno.test("info.completed rejects when the response could not be sent", async () => {
  const told = new Latch<FetchInfo>();
  await using site = new Site((_request, info) => {
    told.open(info);
    return new Response(
      new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }),
    );
  });
  const conn = await site.dial();
  await conn.write(octets(GET));
  const { completed } = await told.passed();
  conn.close();
  await assertRejects(() => completed);
  assertEquals(site.log, []);
});

Deno.test("info.completed rejects when a stream fails", async () => {
  const told = new Latch<FetchInfo>();
  await using site = new Site((_request, info) => {
    told.open(info);
    return new Response(failingStream());
  });
  await assertRejects(() => site.ask(GET));
  await assertRejects(async () => await (await told.passed()).completed);
});

Deno.test("info.trailers are the fields behind chunked content, and never fields of the request", async () => {
  await using site = new Site(async (request, { trailers }) => {
    await request.text();
    return Response.json([[...await trailers], request.headers.get("x-sum")]);
  });
  const chunked = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||1|a|0|";
  const response = await site.ask(`${chunked}X-Sum: 1|x-sum: 2||`);
  assertEquals(JSON.parse(contentText(response)), [[["x-sum", "1, 2"]], null]);
  assertEquals(contentText(await site.ask(`${chunked}|`)), "[[],null]");
  assertEquals(contentText(await site.ask(GET)), "[[],null]");
});

Deno.test("info.informational sends interim responses before the final one", async () => {
  await using site = new Site(async (_request, info) => {
    await info.informational(103, { Link: "</a.css>; rel=preload" });
    await info.informational(102);
    return new Response("ok");
  });
  const response = await site.ask(GET);
  assertEquals(response.interim.map(({ status }) => status), [103, 102]);
  assertEquals(fieldValues(response.interim[0], "link"), ["</a.css>; rel=preload"]);
  assertEquals(contentText(response), "ok");
});

Deno.test("info.informational sends nothing to HTTP/1.0 clients, but checks its arguments", async () => {
  await using site = new Site(async (_request, info) => {
    await info.informational(103, { Link: "</a.css>" });
    await assertRejects(() => info.informational(200), TypeError);
    return new Response("ok");
  });
  const response = await site.ask("GET / HTTP/1.0||");
  assertEquals([response.status, response.interim], [200, []]);
});

Deno.test("info.informational refuses a status or field that is no interim response", async () => {
  await using site = new Site(async (_request, info) => {
    for (const status of [0, 99, 101, 200, 404, 103.5, NaN]) {
      await assertRejects(() => info.informational(status), TypeError, undefined, `${status}`);
    }
    await assertRejects(async () => await info.informational(103, { "a b": "c" }), TypeError);
    await assertRejects(async () => await info.informational(103, { a: "c\r\nd: e" }), TypeError);
    await assertRejects(async () => await info.informational(103, { a: "c\x01" }), TypeError);
    return new Response("ok");
  });
  const response = await site.ask(GET);
  assertEquals([response.status, response.interim, site.log], [200, [], []]);
});

Deno.test("info.informational refuses to follow the head of the final response", async () => {
  const refused = new Latch<unknown>();
  await using site = new Site((_request, info) =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(octets("a"));
          await info.informational(103).then(
            () => refused.open(undefined),
            (error) => refused.open(error),
          );
          controller.close();
        },
      }, { highWaterMark: 0 }),
    )
  );
  const response = await site.ask(GET);
  assertEquals([contentText(response), response.interim], ["a", []]);
  assert(await refused.passed() instanceof TypeError);
});
