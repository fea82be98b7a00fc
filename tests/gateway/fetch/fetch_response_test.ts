// How each kind of Response is sent, with its fields.

import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { assert, assertEquals } from "@std/assert";
import { GET, publicPath, responseOf, streamOf, wholeFraming } from "./fetching.ts";
import { contentText, fieldValues, saysClose } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

const MiB = 1024 * 1024;
const unicode = "h\xe9llo \u{1f600} \ud800."; // the last one has no partner: U+FFFD

for (
  const [name, body, text, framing, type] of [
    ["ASCII text", () => "hello", "hello", wholeFraming, "text/plain;charset=UTF-8"],
    ["other text", () => unicode, unicode.toWellFormed(), wholeFraming, "text/plain;charset=UTF-8"],
    ["empty text", () => "", "", wholeFraming, "text/plain;charset=UTF-8"],
    [
      "text of 1 MiB",
      () => "x".repeat(MiB),
      "x".repeat(MiB),
      wholeFraming,
      "text/plain;charset=UTF-8",
    ],
    [
      "other text of 2 MiB",
      () => "\xe4".repeat(MiB),
      "\xe4".repeat(MiB),
      wholeFraming,
      "text/plain;charset=UTF-8",
    ],
    ["bytes", () => octets("hello"), "hello", wholeFraming, undefined],
    ["a view", () => octets("_hello_").subarray(1, 6), "hello", wholeFraming, undefined],
    ["an ArrayBuffer", () => octets("hello").buffer, "hello", wholeFraming, undefined],
    ["1 MiB of bytes", () => octets("x".repeat(MiB)), "x".repeat(MiB), wholeFraming, undefined],
    ["no bytes", () => new Uint8Array(0), "", wholeFraming, undefined],
    ["a Blob", () => new Blob(["hel", "lo"], { type: "text/x" }), "hello", "chunked", "text/x"],
    [
      "search parameters",
      () => new URLSearchParams({ a: "1 2" }),
      "a=1+2",
      wholeFraming,
      "application/x-www-form-urlencoded;charset=UTF-8",
    ],
    ["a stream", () => streamOf("hel", "", "lo"), "hello", "chunked", undefined],
    ["an empty stream", () => streamOf(), "", "chunked", undefined],
    ["nothing", () => null, "", "length", undefined],
  ] satisfies [string, () => BodyInit | null, string, string, string | undefined][]
) {
  for (const later of [false, true]) {
    Deno.test(`a Response of ${name} is sent whole${later ? ", later" : ""}`, async () => {
      const make = () => new Response(body());
      const response = await responseOf(later ? () => Promise.resolve(make()) : make);
      assertEquals(contentText(response).length, text.length);
      assert(contentText(response) === text);
      assertEquals(response.framing, framing);
      assertEquals(fieldValues(response, "content-type")[0], type);
      assert(!saysClose(response));
    });
  }
}

Deno.test("a Response of a form is sent with its boundary", async () => {
  const form = new FormData();
  form.set("a", "1");
  form.set("f", new File(["file"], "n.txt"));
  const response = await responseOf(() => new Response(form));
  const type = fieldValues(response, "content-type")[0];
  const parsed = await new Response(response.content.slice(), {
    headers: { "content-type": type },
  }).formData();
  assertEquals(parsed.get("a"), "1");
  assertEquals(await (parsed.get("f") as File).text(), "file");
});

Deno.test("a Response of a form has the boundary that its content has", async () => {
  const form = new FormData();
  form.set("a", "1");
  const response = await responseOf(() => new Response(form));
  const boundary = /boundary=(.+)$/.exec(fieldValues(response, "content-type")[0])![1];
  assert(contentText(response).startsWith(`--${boundary}\r\n`));
});

Deno.test("Response.json and Response.redirect are sent as they are", async () => {
  const json = await responseOf(() => Response.json({ a: 1 }, { status: 201 }));
  assertEquals([json.status, contentText(json)], [201, '{"a":1}']);
  assertEquals(fieldValues(json, "content-type"), ["application/json"]);

  const redirect = await responseOf(() => Response.redirect("http://b/x", 307));
  assertEquals([redirect.status, redirect.reason], [307, "Temporary Redirect"]);
  assertEquals(fieldValues(redirect, "location"), ["http://b/x"]);
  assertEquals([redirect.framing, redirect.content.length], ["length", 0]);
});

Deno.test("a Response of fetch is passed on", async () => {
  await using origin = new Site(() => new Response("from afar", { headers: { "x-a": "1" } }));
  const response = await responseOf(() => fetch(origin.url));
  assertEquals([contentText(response), fieldValues(response, "x-a")], ["from afar", ["1"]]);
});

const long = "x".repeat(12_000);
for (
  const [coding, encode, decodes] of [
    ["gzip", gzipSync, true],
    ["GZIP", gzipSync, true],
    ["br", brotliCompressSync, true],
    ["deflate", deflateSync, false],
    ["x-unknown", (text: string) => octets(text), false],
  ] satisfies [string, (text: string) => Uint8Array, boolean][]
) {
  for (const chunked of [false, true]) {
    for (const method of ["GET", "HEAD"]) {
      const way = `${coding}${chunked ? ", chunked" : ""}, ${method}`;
      Deno.test(`a Response of fetch has the fields of its content: ${way}`, async () => {
        const coded = new Uint8Array(encode(long));
        const headers = { "content-encoding": coding };
        await using origin = new Site(() =>
          new Response(chunked ? ReadableStream.from([coded]) : coded, { headers })
        );
        for (const take of [(r: Response) => r, (r: Response) => (void r.body, r)]) {
          const make = async () => take(await fetch(origin.url, { method }));
          const response = await responseOf(make, `${method} / HTTP/1.1|Host: a||`);
          const lengths = chunked || publicPath ? [] : [`${coded.length}`];
          assertEquals(fieldValues(response, "content-encoding"), decodes ? [] : [coding]);
          assertEquals(fieldValues(response, "content-length"), decodes ? [] : lengths);
          if (method === "GET") assertEquals(response.content, decodes ? octets(long) : coded);
        }
      });
    }
  }
}

Deno.test("content that the application has coded keeps its fields", async () => {
  const coded = new Uint8Array(gzipSync(long));
  for (const body of [() => coded, () => ReadableStream.from([coded])]) {
    const headers = { "content-encoding": "gzip", "content-length": `${coded.length}` };
    const response = await responseOf(() => new Response(body(), { headers }));
    assertEquals(fieldValues(response, "content-encoding"), ["gzip"]);
    assertEquals(fieldValues(response, "content-length"), [`${coded.length}`]);
    assertEquals(response.content, coded);
  }
});

Deno.test("a Response that was cloned is sent, and so is its clone", async () => {
  for (const body of [() => "text", () => octets("text"), () => streamOf("te", "xt")]) {
    await using site = new Site(() => {
      const response = new Response(body());
      const clone = response.clone();
      return clone;
    });
    assertEquals(contentText(await site.ask(GET)), "text");
  }
});

Deno.test("a Response whose body member was read is sent", async () => {
  for (const body of ["text", octets("text")]) {
    const response = await responseOf(() => {
      const response = new Response(body);
      assert(response.body instanceof ReadableStream);
      return response;
    });
    assertEquals(contentText(response), "text");
  }
});

Deno.test("statusText is sent, and the registered phrase without it", async () => {
  const own = await responseOf(() => new Response("", { status: 404, statusText: "Gone fishing" }));
  assertEquals([own.status, own.reason], [404, "Gone fishing"]);
  assertEquals((await responseOf(() => new Response("", { status: 404 }))).reason, "Not Found");
  assertEquals((await responseOf(() => new Response("", { status: 599 }))).status, 599);
});

Deno.test("Set-Cookie lines are kept apart and unchanged", async () => {
  const headers = new Headers();
  headers.append("Set-Cookie", "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT");
  headers.append("X-A", "1");
  headers.append("set-cookie", "b=2");
  headers.append("X-A", "2");
  const response = await responseOf(() => new Response("ok", { headers }));
  assertEquals(fieldValues(response, "set-cookie"), [
    "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
    "b=2",
  ]);
  assertEquals(fieldValues(response, "x-a").join(", "), "1, 2");
});

Deno.test("an application may set Date and Server", async () => {
  const headers = { date: "Sun, 06 Nov 1994 08:49:37 GMT", server: "mine" };
  const response = await responseOf(() => new Response("ok", { headers }));
  assertEquals(fieldValues(response, "date"), ["Sun, 06 Nov 1994 08:49:37 GMT"]);
  assertEquals(fieldValues(response, "server"), ["mine"]);
});

Deno.test("Connection: close of an application closes the connection", async () => {
  await using site = new Site(() => new Response("ok", { headers: { connection: "close" } }));
  const client = await site.connect();
  await client.send(octets(GET + GET));
  const response = await client.read();
  assert(saysClose(response));
  assertEquals(fieldValues(response, "connection"), ["close"]);
  await client.expectEnd();
});

Deno.test("fields of an application about framing and persistence have no other effect", async () => {
  const headers = {
    "transfer-encoding": "gzip",
    "keep-alive": "timeout=1",
    "proxy-connection": "close",
    connection: "x-a",
  };
  for (const body of [() => "text", () => streamOf("te", "xt")]) {
    const response = await responseOf(() => new Response(body(), { headers }));
    assertEquals(contentText(response), "text");
    assert(!saysClose(response));
    assertEquals(
      fieldValues(response, "transfer-encoding"),
      response.framing === "chunked" ? ["chunked"] : [],
    );
    assert(!fieldValues(response, "keep-alive").includes("timeout=1"));
    assertEquals(fieldValues(response, "proxy-connection"), []);
  }
});
