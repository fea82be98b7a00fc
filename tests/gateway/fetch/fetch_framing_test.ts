// The framing of a Response's content, to the octet, with and without a declared length.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { GET, publicPath, responseOf, streamOf } from "./fetching.ts";
import { contentText, saysClose } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

const CLOSING = (method: string) => `${method} / HTTP/1.1|Host: a|Connection: close||`;

for (
  const [name, method, make, response] of [
    [
      "HEAD",
      "HEAD",
      () => new Response("hello"),
      publicPath
        ? "HTTP/1.1 200 OK|content-type: text/plain;charset=UTF-8|Connection: close||"
        : "HTTP/1.1 200 OK|content-type: text/plain;charset=UTF-8|Content-Length: 5|Connection: close||",
    ],
    [
      "HEAD without content",
      "HEAD",
      () => new Response(null),
      "HTTP/1.1 200 OK|Connection: close||",
    ],
    ...["GET", "HEAD"].map((method) =>
      [
        `304 to ${method}`,
        method,
        () => new Response(null, { status: 304 }),
        "HTTP/1.1 304 Not Modified|Connection: close||",
      ] as [string, string, () => Response, string]
    ),
    [
      "HEAD with a declared length",
      "HEAD",
      () => new Response(null, { headers: { "content-length": "5" } }),
      "HTTP/1.1 200 OK|Content-Length: 5|Connection: close||",
    ],
    [
      "HEAD with a stream",
      "HEAD",
      () => new Response(streamOf("hello")),
      "HTTP/1.1 200 OK|Connection: close||",
    ],
    [
      "204",
      "GET",
      () => new Response(null, { status: 204 }),
      "HTTP/1.1 204 No Content|Connection: close||",
    ],
    [
      "204 with a declared length",
      "GET",
      () => new Response(null, { status: 204, headers: { "content-length": "5" } }),
      "HTTP/1.1 204 No Content|Connection: close||",
    ],
    [
      "205",
      "GET",
      () => new Response(null, { status: 205 }),
      "HTTP/1.1 205 Reset Content|Content-Length: 0|Connection: close||",
    ],
    [
      "304",
      "GET",
      () => new Response(null, { status: 304, headers: { etag: '"1"' } }),
      'HTTP/1.1 304 Not Modified|etag: "1"|Connection: close||',
    ],
    [
      "304 with a declared length",
      "GET",
      () => new Response(null, { status: 304, headers: { "content-length": "5" } }),
      "HTTP/1.1 304 Not Modified|Content-Length: 5|Connection: close||",
    ],
    [
      "200 with nothing",
      "GET",
      () => new Response(null),
      "HTTP/1.1 200 OK|Content-Length: 0|Connection: close||",
    ],
    ["an unknown status", "GET", () => new Response(null, { status: 299 }), undefined],
  ] satisfies [string, string, () => Response, string | undefined][]
) {
  Deno.test(`the octets of ${name} are exactly these`, async () => {
    await using site = new Site(make, { serverName: "" });
    const raw = await site.rawResponse(CLOSING(method));
    if (response === undefined) {
      assertMatch(raw, /^HTTP\/1\.1 299 [^\r\n]*\r\nContent-Length: 0\r\n/);
    } else {
      assertEquals(lowerNames(raw), lowerNames(new TextDecoder().decode(octets(response))));
    }
  });
}

Deno.test("HTTP/1.0 gets a stream until the connection closes", async () => {
  await using site = new Site(() => new Response(streamOf("hel", "lo")), { serverName: "" });
  assertEquals(
    await site.rawResponse("GET / HTTP/1.0|Connection: keep-alive||"),
    new TextDecoder().decode(octets("HTTP/1.1 200 OK|Connection: close||hello")),
  );
});

Deno.test("content of its declared length is sent with that Content-Length", async () => {
  for (const body of [() => "hello", () => octets("hello"), () => streamOf("hel", "lo")]) {
    const response = await responseOf(() =>
      new Response(body(), { headers: { "content-length": "5" } })
    );
    assertEquals([response.framing, contentText(response)], ["length", "hello"]);
    assert(!saysClose(response));
  }
});

Deno.test("content over its declared length is cut off and logged", async () => {
  for (
    const body of [
      () => "hello world",
      () => octets("hello world"),
      () => streamOf("hel", "lo wor", "ld"),
    ]
  ) {
    await using site = new Site(() => new Response(body(), { headers: { "content-length": "5" } }));
    const client = await site.connect();
    await client.send(octets(GET + GET));
    for (let i = 0; i < 2; i++) {
      const response = await client.read();
      assertEquals([response.framing, contentText(response)], ["length", "hello"]);
    }
    assertEquals(site.events, ["content-too-long", "content-too-long"]);
    assertEquals(site.log[0].level, "error");
  }
});

Deno.test("content under its declared length aborts the connection and is logged", async () => {
  for (const body of [() => "hell", () => octets("hell"), () => streamOf("he", "ll"), () => null]) {
    await using site = new Site(() => new Response(body(), { headers: { "content-length": "5" } }));
    const client = await site.connect();
    await client.send(octets(GET + GET));
    await assertRejects(() => client.read(), Error, "before the content did");
    assertEquals(site.events, ["content-too-short"]);
    assertEquals(site.server.stats.aborted, 1);
  }
});

Deno.test("a declared length that is malformed gets 500", async () => {
  for (const length of ["5, 5", "-1", "5.0", "0x5", "", "99999999999999999999"]) {
    for (const body of [() => "hello", () => streamOf("hello")]) {
      await using site = new Site(() =>
        new Response(body(), { headers: { "content-length": length } })
      );
      assertEquals((await site.ask(GET)).status, 500, length);
      assertEquals(site.events, ["handler-failed"]);
    }
  }
});

/** Field names in small letters: a Headers object may spell them either way. */
function lowerNames(head: string): string {
  return head.replace(/\r\n[^:\r\n]+:/g, (name) => name.toLowerCase());
}
