// The URL of a request (RFC 9110 §7.1): the target as it was sent, and the host that it names.

import { assertEquals } from "@std/assert";
import { look } from "./fetching.ts";
import { contentText } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";

for (
  const [name, wire, url] of [
    [
      "an origin-form target",
      "GET /a/b?c=d&e HTTP/1.1|Host: example.com||",
      "http://example.com/a/b?c=d&e",
    ],
    ["a port", "GET / HTTP/1.1|Host: example.com:8080||", "http://example.com:8080/"],
    ["the default port", "GET / HTTP/1.1|Host: example.com:80||", "http://example.com/"],
    ["a Host in capital letters", "GET / HTTP/1.1|Host: EXAMPLE.com||", "http://example.com/"],
    ["an IPv6 Host", "GET / HTTP/1.1|Host: [::1]:8080||", "http://[::1]:8080/"],
    ["a path that begins with two slashes", "GET //x HTTP/1.1|Host: a||", "http://a//x"],
    [
      "a path that looks like a host",
      "GET //evil.example/x HTTP/1.1|Host: a||",
      "http://a//evil.example/x",
    ],
    [
      "a path that looks like a URL",
      "GET /http://evil/x HTTP/1.1|Host: a||",
      "http://a/http://evil/x",
    ],
    [
      "an encoded path, which stays encoded",
      "GET /%2F%20%3f%41 HTTP/1.1|Host: a||",
      "http://a/%2F%20%3f%41",
    ],
    ["an empty query", "GET /x? HTTP/1.1|Host: a||", "http://a/x?"],
    ["a query with question marks", "GET /x?a?b HTTP/1.1|Host: a||", "http://a/x?a?b"],
    [
      "an absolute-form target, over Host",
      "GET http://b:81/x?y HTTP/1.1|Host: a||",
      "http://b:81/x?y",
    ],
    [
      "an absolute-form target with an empty query",
      "GET http://b/x? HTTP/1.1|Host: a||",
      "http://b/x?",
    ],
    ["an absolute-form target without a path", "GET http://b HTTP/1.1|Host: b||", "http://b/"],
    [
      "an absolute-form target with only a query",
      "GET http://b?x HTTP/1.1|Host: b||",
      "http://b/?x",
    ],
    ["an absolute-form target with https", "GET https://b/x HTTP/1.1|Host: b||", "https://b/x"],
    ["OPTIONS for the whole server", "OPTIONS * HTTP/1.1|Host: a||", "http://a/*"],
  ]
) {
  Deno.test(`Request.url of ${name}`, async () => {
    assertEquals(await look(wire, (request) => request.url), url);
    // A copy goes another way than the getter.
    assertEquals(await look(wire, (request) => new Request(request).url), url);
  });
}

Deno.test("Request.url of an empty Host is our own address", async () => {
  await using site = new Site((request) => new Response(request.url));
  const { port } = site.server.addr;
  const response = await site.ask("GET /x HTTP/1.1|Host:||");
  assertEquals(contentText(response), `http://127.0.0.1:${port}/x`);
});

Deno.test("Request.url of HTTP/1.0 without Host is our own address", async () => {
  await using site = new Site((request) => new Response(request.url));
  const { port } = site.server.addr;
  const response = await site.ask("GET /x HTTP/1.0||");
  assertEquals(contentText(response), `http://127.0.0.1:${port}/x`);
});

Deno.test("a host that fits into no URL gets 400 before the handler is called", async () => {
  await using site = new Site(() => new Response("ok"));
  for (const host of ["999.1.1.1", "a%20b", "1.2.3.4.5"]) {
    assertEquals((await site.ask(`GET / HTTP/1.1|Host: ${host}||`)).status, 400, host);
    assertEquals(
      (await site.ask(`GET http://${host}/ HTTP/1.1|Host: ${host}||`)).status,
      400,
      host,
    );
  }
  assertEquals(site.log.map(({ level }) => level).includes("error"), false);
});
