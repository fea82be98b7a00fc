// The Request of a handler: every member, its headers, its signal, its method.

import { assertEquals, assertMatch } from "@std/assert";
import { GET, look, post, publicPath } from "./fetching.ts";
import { fieldValues } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";

Deno.test("a whole Request is made at once only where short cuts do not work", async () => {
  const prototype = await look(GET, (request) => Object.getPrototypeOf(request));
  assertEquals(prototype === Request.prototype, publicPath);
});

Deno.test("a Request is a Request", async () => {
  assertEquals(
    await look(GET, (request) => [
      request instanceof Request,
      Object.prototype.toString.call(request),
      request.constructor === Request,
    ]),
    [true, "[object Request]", true],
  );
});

Deno.test("a Request has every member", async () => {
  const wire = "POST /p?q=1 HTTP/1.1|Host: example.com:8080|X-One: 1|Content-Length: 2||ab";
  const seen = await look(wire, async (request) => ({
    bodyUsed: request.bodyUsed,
    cache: request.cache,
    credentials: request.credentials,
    destination: request.destination,
    hasBody: request.body instanceof ReadableStream,
    headers: request.headers instanceof Headers && request.headers.get("x-one"),
    integrity: request.integrity,
    isHistoryNavigation: request.isHistoryNavigation,
    isReloadNavigation: request.isReloadNavigation,
    keepalive: request.keepalive,
    method: request.method,
    mode: request.mode,
    redirect: request.redirect,
    referrer: request.referrer,
    referrerPolicy: request.referrerPolicy,
    signal: request.signal instanceof AbortSignal && request.signal.aborted,
    url: request.url,
    text: await request.text(),
    usedAfter: request.bodyUsed,
  }));
  const like = new Request("http://example.com:8080/p?q=1", { method: "POST", body: "ab" });
  assertEquals(seen, {
    bodyUsed: false,
    cache: like.cache,
    credentials: like.credentials,
    destination: like.destination,
    hasBody: true,
    headers: "1",
    integrity: like.integrity,
    isHistoryNavigation: like.isHistoryNavigation,
    isReloadNavigation: like.isReloadNavigation,
    keepalive: like.keepalive,
    method: "POST",
    mode: like.mode,
    redirect: like.redirect,
    referrer: like.referrer,
    referrerPolicy: like.referrerPolicy,
    signal: false,
    url: "http://example.com:8080/p?q=1",
    text: "ab",
    usedAfter: true,
  });
});

Deno.test("a Request can be inspected", async () => {
  const text = await look(post("ab", "X-One: 1|"), (request) => Deno.inspect(request));
  assertMatch(text, /Request/);
  assertMatch(text, /POST/);
  assertMatch(text, /http:\/\/a\/p/);
});

Deno.test("a Request keeps its signal when other members are read", async () => {
  assertEquals(
    await look(post("ab"), async (request) => {
      const { signal } = request;
      await request.text();
      return request.signal === signal;
    }),
    true,
  );
});

Deno.test("a Request gives the same objects each time", async () => {
  assertEquals(
    await look(post("ab"), (request) => [
      request.headers === request.headers,
      request.signal === request.signal,
      request.body === request.body,
      request.url === request.url,
    ]),
    [true, true, true, true],
  );
});

Deno.test("a Request whose body is read keeps its headers, also the changed ones", async () => {
  assertEquals(
    await look(post("ab"), async (request) => {
      const reader = request.body!.getReader();
      const { headers } = request;
      headers.set("content-type", "text/x-set");
      const used = request.bodyUsed; // needs a whole Request
      headers.set("x-later", "1");
      reader.releaseLock();
      const copy = new Request(request);
      const type = (await copy.blob()).type;
      return [used, headers === request.headers, type, copy.headers.get("x-later")];
    }),
    [false, true, "text/x-set", "1"],
  );
  assertEquals(
    await look(post("ab"), async (request) => {
      void request.body;
      request.headers.set("content-type", "text/x-set");
      return [(await request.blob()).type, request.bodyUsed, request.body!.locked];
    }),
    ["text/x-set", true, true],
  );
});

Deno.test("Request.method is the method as sent", async () => {
  for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"]) {
    assertEquals(await look(`${method} / HTTP/1.1|Host: a||`, (request) => request.method), method);
    assertEquals(
      await look(`${method} / HTTP/1.1|Host: a||`, (request) => request.clone().method),
      method,
    );
  }
});

Deno.test("Request.headers joins lines, trims values and keeps octets over 0x7f", async () => {
  const wire =
    "GET / HTTP/1.1|Host: a|X-A: 1|x-a:  2 |X-Latin: \xe4\xff|X-Empty:|Cookie: a=1|Cookie: b=2||";
  assertEquals(
    await look(wire, ({ headers }) => [
      headers.get("X-A"),
      headers.get("x-latin"),
      headers.get("x-empty"),
      headers.get("host"),
      headers.get("cookie"),
      headers.get("x-none"),
      headers.has("HOST"),
    ]),
    ["1, 2", "\xe4\xff", "", "a", "a=1; b=2", null, true],
  );
});

Deno.test("Request.signal is not aborted by a response", async () => {
  const signal = await look(GET, (request) => request.signal);
  assertEquals(signal.aborted, false);
});

Deno.test("TRACE and CONNECT get 405 with Allow before a Request is made", async () => {
  let handled = 0;
  await using site = new Site(() => new Response(`${++handled}`));
  for (const wire of ["TRACE / HTTP/1.1|Host: a||", "CONNECT a:80 HTTP/1.1|Host: a:80||"]) {
    const response = await site.ask(wire);
    assertEquals(response.status, 405);
    assertEquals(fieldValues(response, "allow"), ["GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]);
  }
  assertEquals(handled, 0);
});

Deno.test("CONNECT gets 405 in proxyMode too, where the handler makes no tunnel", async () => {
  await using site = new Site(() => new Response("ok"), { proxyMode: true });
  const response = await site.ask("CONNECT a:80 HTTP/1.1|Host: a:80||");
  assertEquals([response.status, fieldValues(response, "allow").length], [405, 1]);
});

Deno.test("methods in another case than the registered one get 501", async () => {
  for (const strictMode of [true, false]) {
    await using site = new Site((request) => new Response(request.method), { strictMode });
    for (const method of ["get", "Post", "trace", "hEAD"]) {
      const { status } = await site.ask(`${method} / HTTP/1.1|Host: a||`);
      assertEquals(status, 501, method);
    }
  }
});
