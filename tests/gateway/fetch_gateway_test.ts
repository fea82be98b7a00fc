// Fetch handlers over a real socket: what the Request is like, what becomes of each kind of Response,
// and what a client sees of a handler that fails. public_path_test.ts runs all of it a second time.

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import type { FetchInfo } from "../../src/gateway/fetch_handler.ts";
import { Latch } from "../support/latch.ts";
import { contentText, fieldValues, type RawResponse, saysClose } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";

/** Whether the inside of Request and Response is out of reach. */
const publicPath = Object.getOwnPropertySymbols(new Response("")).length === 0;

/** How content is framed whose length is known where the inside of a Response can be seen. */
const wholeFraming = publicPath ? "chunked" : "length";

const GET = "GET / HTTP/1.1|Host: a||";

function post(content: string, fields = ""): string {
  return `POST /p HTTP/1.1|Host: a|${fields}Content-Length: ${content.length}||${content}`;
}

/** Has a handler look at the Request for one message. */
async function look<Seen>(wire: string, see: (request: Request) => Seen | Promise<Seen>) {
  let seen: Seen | undefined;
  await using site = new Site(async (request) => {
    seen = await see(request);
    return new Response("seen");
  });
  const { status } = await site.ask(wire);
  assertEquals([status, site.log], [200, []]);
  return seen as Seen;
}

// Request ----------------------------------------------------------------------------------------

Deno.test("the handler's Request is the platform's own only where short cuts do not work", async () => {
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
  const answer = await site.ask("GET /x HTTP/1.1|Host:||");
  assertEquals(contentText(answer), `http://127.0.0.1:${port}/x`);
});

Deno.test("Request.url of HTTP/1.0 without Host is our own address", async () => {
  await using site = new Site((request) => new Response(request.url));
  const { port } = site.server.addr;
  const answer = await site.ask("GET /x HTTP/1.0||");
  assertEquals(contentText(answer), `http://127.0.0.1:${port}/x`);
});

Deno.test("a host that fits into no URL is answered 400, whatever the handler does", async () => {
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

Deno.test("a Request without content has no body", async () => {
  for (
    const wire of [GET, "POST / HTTP/1.1|Host: a||", "POST / HTTP/1.1|Host: a|Content-Length: 0||"]
  ) {
    assertEquals(
      await look(wire, async (request) => [request.body, request.bodyUsed, await request.text()]),
      [null, false, ""],
      wire,
    );
  }
});

Deno.test("content of GET and HEAD is left out of the Request and read past", async () => {
  await using site = new Site((request) => new Response(`${request.method} ${request.body}`));
  const client = await site.connect();
  await client.send(octets("GET / HTTP/1.1|Host: a|Content-Length: 3||abc"));
  assertEquals(contentText(await client.read()), "GET null");
  await client.send(octets("HEAD / HTTP/1.1|Host: a|Transfer-Encoding: chunked||1|a|0||" + GET));
  assertEquals((await client.read("HEAD")).status, 200);
  assertEquals(contentText(await client.read()), "GET null");
});

Deno.test("Request.text, json, bytes, arrayBuffer and blob read all of the content", async () => {
  const json = '{"a":[1,"\xc3\xa4"]}';
  for (
    const framed of [
      post(json),
      `POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||7|${json.slice(0, 7)}|` +
      `${(json.length - 7).toString(16)}|${json.slice(7)}|0||`,
    ]
  ) {
    assertEquals(await look(framed, (request) => request.text()), '{"a":[1,"ä"]}');
    assertEquals(await look(framed, (request) => request.json()), { a: [1, "ä"] });
    assertEquals(await look(framed, (request) => request.bytes()), octets(json));
    assertEquals(
      new Uint8Array(await look(framed, (request) => request.arrayBuffer())),
      octets(json),
    );
    assertEquals(await look(framed, async (request) => (await request.blob()).size), json.length);
  }
});

Deno.test("Request.formData reads both encodings of a form", async () => {
  const urlencoded = post("a=1&b=%C3%A4", "Content-Type: application/x-www-form-urlencoded|");
  assertEquals(await look(urlencoded, async (request) => [...await request.formData()]), [
    ["a", "1"],
    ["b", "ä"],
  ]);
  const parts = '--xx|Content-Disposition: form-data; name="f"; filename="n.txt"||file|--xx--|';
  const multipart = "POST / HTTP/1.1|Host: a|Content-Type: multipart/form-data; boundary=xx|" +
    `Content-Length: ${octets(parts).length}||${parts}`;
  const file = await look(
    multipart,
    async (request) => (await request.formData()).get("f") as File,
  );
  assert(file instanceof File);
  assertEquals([file.name, await file.text()], ["n.txt", "file"]);
});

Deno.test("Request.body streams the content as it comes", async () => {
  const got = new Latch();
  await using site = new Site(async (request) => {
    const reader = request.body!.getReader();
    const first = await reader.read();
    got.open();
    const second = await reader.read();
    const end = await reader.read();
    const decode = (value?: Uint8Array) => new TextDecoder().decode(value);
    return new Response(`${decode(first.value)}-${decode(second.value)}-${end.done}`);
  });
  const client = await site.connect();
  await client.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 6||abc"));
  await got.passed();
  await client.send(octets("def"));
  assertEquals(contentText(await client.read()), "abc-def-true");
});

Deno.test("large content arrives whole", async () => {
  const content = crypto.getRandomValues(new Uint8Array(60_000));
  const large = new Uint8Array(40 * content.length);
  for (let i = 0; i < 40; i++) large.set(content, i * content.length);
  await using site = new Site(async (request) => {
    const received = await request.bytes();
    return new Response(`${received.length} ${received.every((octet, i) => octet === large[i])}`);
  });
  const answer = await fetch(site.url, { method: "POST", body: large });
  assertEquals(await answer.text(), `${large.length} true`);
});

Deno.test("Request.clone reads twice what came once", async () => {
  assertEquals(
    await look(post("abc", "X-A: 1|"), async (request) => {
      const copy = request.clone();
      return [
        await request.text(),
        await copy.text(),
        copy.headers.get("x-a"),
        copy.url,
        copy.method,
        copy instanceof Request,
      ];
    }),
    ["abc", "abc", "1", "http://a/p", "POST", true],
  );
});

Deno.test("new Request(request) takes everything over", async () => {
  assertEquals(
    await look(post("abc", "X-A: 1|"), async (request) => {
      const copy = new Request(request, { headers: { "x-b": "2" } });
      const again = new Request("http://other/", copy);
      return [copy.url, again.url, again.method, again.headers.get("x-b"), await again.text()];
    }),
    ["http://a/p", "http://other/", "POST", "2", "abc"],
  );
});

Deno.test("fetch(request) forwards a request", async () => {
  await using origin = new Site(async (request) =>
    new Response(`${request.method} ${request.headers.get("x-a")} ${await request.text()}`)
  );
  await using proxy = new Site((request) => {
    const { pathname } = new URL(request.url);
    return fetch(new Request(origin.url + pathname, request));
  });
  const answer = await fetch(proxy.url, {
    method: "PUT",
    body: "abc",
    headers: { "x-a": "1" },
  });
  assertEquals(await answer.text(), "PUT 1 abc");
});

Deno.test("a Request whose headers were changed keeps the change in its copies", async () => {
  assertEquals(
    await look(post("abc", "X-A: 1|"), (request) => {
      try {
        request.headers.set("x-b", "2");
      } catch (error) {
        return error instanceof TypeError; // as in Deno.serve, where they cannot be changed
      }
      return request.clone().headers.get("x-b") === "2" &&
        new Request(request).headers.get("x-b") === "2" && request.headers.get("x-b") === "2";
    }),
    true,
  );
});

Deno.test("a Request read twice fails as any other does", async () => {
  assertEquals(
    await look(post("abc"), async (request) => {
      await request.text();
      await assertRejects(() => request.text(), TypeError);
      return request.bodyUsed;
    }),
    true,
  );
});

Deno.test("Request.signal is aborted when the client leaves, in copies as well", async () => {
  const started = new Latch<AbortSignal[]>();
  const answered = new Latch();
  await using site = new Site(async (request) => {
    started.open([request.signal, request.clone().signal, new Request(request).signal]);
    await answered.passed();
    return new Response("nobody");
  });
  const conn = await site.dial();
  await conn.write(octets(GET + GET));
  const signals = await started.passed();
  assertEquals(signals.map(({ aborted }) => aborted), [false, false, false]);
  const aborted = signals.map((signal) =>
    new Promise((resolve) => signal.addEventListener("abort", resolve))
  );
  conn.close();
  await Promise.all(aborted);
  answered.open();
  assertEquals(site.log, []);
});

Deno.test("Request.signal is not aborted by an answer", async () => {
  const signal = await look(GET, (request) => request.signal);
  assertEquals(signal.aborted, false);
});

// Methods ----------------------------------------------------------------------------------------

Deno.test("TRACE and CONNECT are answered 405 with Allow before a Request is made", async () => {
  let handled = 0;
  await using site = new Site(() => new Response(`${++handled}`));
  for (const wire of ["TRACE / HTTP/1.1|Host: a||", "CONNECT a:80 HTTP/1.1|Host: a:80||"]) {
    const response = await site.ask(wire);
    assertEquals(response.status, 405);
    assertEquals(fieldValues(response, "allow"), ["GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]);
  }
  assertEquals(handled, 0);
});

Deno.test("CONNECT is answered 405 in proxyMode too", async () => {
  await using site = new Site(() => new Response("ok"), { proxyMode: true });
  const response = await site.ask("CONNECT a:80 HTTP/1.1|Host: a:80||");
  assertEquals([response.status, fieldValues(response, "allow").length], [405, 1]);
});

Deno.test("methods in another case than their own are answered 501", async () => {
  for (const strictMode of [true, false]) {
    await using site = new Site((request) => new Response(request.method), { strictMode });
    for (const method of ["get", "Post", "trace", "hEAD"]) {
      const { status } = await site.ask(`${method} / HTTP/1.1|Host: a||`);
      assertEquals(status, 501, method);
    }
  }
});

// Info -------------------------------------------------------------------------------------------

Deno.test("info tells of the exchange", async () => {
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

Deno.test("info.protocol of a higher minor version is what was sent", async () => {
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

Deno.test("info.completed resolves when the answer has been sent", async () => {
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

Deno.test("info.completed asked for afterwards tells the same", async () => {
  const told = new Latch<FetchInfo>();
  await using site = new Site((_request, info) => {
    told.open(info);
    return new Response("ok");
  });
  await site.ask(GET);
  assertEquals(await (await told.passed()).completed, undefined);
});

Deno.test("info.completed rejects when the answer could not be sent", async () => {
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

Deno.test("info.informational sends interim responses before the answer", async () => {
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

Deno.test("info.informational is left out for HTTP/1.0, but checked", async () => {
  await using site = new Site(async (_request, info) => {
    await info.informational(103, { Link: "</a.css>" });
    await assertRejects(() => info.informational(200), TypeError);
    return new Response("ok");
  });
  const response = await site.ask("GET / HTTP/1.0||");
  assertEquals([response.status, response.interim], [200, []]);
});

Deno.test("info.informational refuses what is no interim response", async () => {
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

Deno.test("info.informational refuses to come behind the head of the answer", async () => {
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

// Responses --------------------------------------------------------------------------------------

/** Has a handler give one Response to one message. */
async function answerOf(make: () => Response | Promise<Response>, wire = GET) {
  await using site = new Site(make);
  const response = await site.ask(wire);
  assertEquals(site.log, []);
  return response;
}

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
      const response = await answerOf(later ? () => Promise.resolve(make()) : make);
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
  const response = await answerOf(() => new Response(form));
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
  const response = await answerOf(() => new Response(form));
  const boundary = /boundary=(.+)$/.exec(fieldValues(response, "content-type")[0])![1];
  assert(contentText(response).startsWith(`--${boundary}\r\n`));
});

Deno.test("Response.json and Response.redirect are sent as they are", async () => {
  const json = await answerOf(() => Response.json({ a: 1 }, { status: 201 }));
  assertEquals([json.status, contentText(json)], [201, '{"a":1}']);
  assertEquals(fieldValues(json, "content-type"), ["application/json"]);

  const redirect = await answerOf(() => Response.redirect("http://b/x", 307));
  assertEquals([redirect.status, redirect.reason], [307, "Temporary Redirect"]);
  assertEquals(fieldValues(redirect, "location"), ["http://b/x"]);
  assertEquals([redirect.framing, redirect.content.length], ["length", 0]);
});

Deno.test("a Response that fetch gave is passed on", async () => {
  await using origin = new Site(() => new Response("from afar", { headers: { "x-a": "1" } }));
  const response = await answerOf(() => fetch(origin.url));
  assertEquals([contentText(response), fieldValues(response, "x-a")], ["from afar", ["1"]]);
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

Deno.test("a Response whose body was asked for is sent", async () => {
  for (const body of ["text", octets("text")]) {
    const response = await answerOf(() => {
      const response = new Response(body);
      assert(response.body instanceof ReadableStream);
      return response;
    });
    assertEquals(contentText(response), "text");
  }
});

Deno.test("statusText is sent, and the registered phrase without it", async () => {
  const own = await answerOf(() => new Response("", { status: 404, statusText: "Gone fishing" }));
  assertEquals([own.status, own.reason], [404, "Gone fishing"]);
  assertEquals((await answerOf(() => new Response("", { status: 404 }))).reason, "Not Found");
  assertEquals((await answerOf(() => new Response("", { status: 599 }))).status, 599);
});

Deno.test("Set-Cookie lines are kept apart, with what is in them", async () => {
  const headers = new Headers();
  headers.append("Set-Cookie", "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT");
  headers.append("X-A", "1");
  headers.append("set-cookie", "b=2");
  headers.append("X-A", "2");
  const response = await answerOf(() => new Response("ok", { headers }));
  assertEquals(fieldValues(response, "set-cookie"), [
    "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT",
    "b=2",
  ]);
  assertEquals(fieldValues(response, "x-a").join(", "), "1, 2");
});

Deno.test("an application may set Date and Server", async () => {
  const headers = { date: "Sun, 06 Nov 1994 08:49:37 GMT", server: "mine" };
  const response = await answerOf(() => new Response("ok", { headers }));
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

Deno.test("an application has no say in framing and persistence otherwise", async () => {
  const headers = {
    "transfer-encoding": "gzip",
    "keep-alive": "timeout=1",
    "proxy-connection": "close",
    connection: "x-a",
  };
  for (const body of [() => "text", () => streamOf("te", "xt")]) {
    const response = await answerOf(() => new Response(body(), { headers }));
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

const CLOSING = (method: string) => `${method} / HTTP/1.1|Host: a|Connection: close||`;

for (
  const [name, method, make, answer] of [
    [
      "HEAD",
      "HEAD",
      () => new Response("hello"),
      publicPath
        ? "HTTP/1.1 200 OK|content-type: text/plain;charset=UTF-8|Connection: close||"
        : "HTTP/1.1 200 OK|content-type: text/plain;charset=UTF-8|Content-Length: 5|Connection: close||",
    ],
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
    const raw = await site.rawAnswer(CLOSING(method));
    if (answer === undefined) assertMatch(raw, /^HTTP\/1\.1 299 [^\r\n]*\r\nContent-Length: 0\r\n/);
    else {
      assertEquals(lowerNames(raw), lowerNames(new TextDecoder().decode(octets(answer))));
    }
  });
}

Deno.test("HTTP/1.0 gets a stream until the connection closes", async () => {
  await using site = new Site(() => new Response(streamOf("hel", "lo")), { serverName: "" });
  assertEquals(
    await site.rawAnswer("GET / HTTP/1.0|Connection: keep-alive||"),
    new TextDecoder().decode(octets("HTTP/1.1 200 OK|Connection: close||hello")),
  );
});

Deno.test("a stream is sent piece by piece", async () => {
  const second = new Latch();
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(octets("first"));
          await second.passed();
          controller.enqueue(octets("second"));
          controller.close();
        },
      }, { highWaterMark: 0 }),
    )
  );
  const conn = await site.dial();
  await conn.write(octets(GET));
  const part = new Uint8Array(4096);
  let seen = "";
  while (!seen.includes("5\r\nfirst")) {
    seen += new TextDecoder().decode(part.subarray(0, (await conn.read(part))!));
  }
  second.open();
  while (!seen.endsWith("0\r\n\r\n")) {
    seen += new TextDecoder().decode(part.subarray(0, (await conn.read(part))!));
  }
  assert(seen.includes("6\r\nsecond\r\n"));
  conn.close();
});

Deno.test("content that keeps to its declared length is sent with it", async () => {
  for (const body of [() => "hello", () => octets("hello"), () => streamOf("hel", "lo")]) {
    const response = await answerOf(() =>
      new Response(body(), { headers: { "content-length": "5" } })
    );
    assertEquals([response.framing, contentText(response)], ["length", "hello"]);
    assert(!saysClose(response));
  }
});

Deno.test("content over its declared length is cut and logged", async () => {
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

Deno.test("a declared length that is none is answered 500", async () => {
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

Deno.test("a stream that fails midway cuts the connection without a last chunk", async () => {
  for (const later of [false, true]) {
    await using site = new Site(() => {
      const response = new Response(failingStream());
      return later ? Promise.resolve(response) : response;
    }, { serverName: "" });
    const raw = await site.rawAnswer(GET + GET);
    assert(raw.endsWith("\r\n\r\n5\r\nhello\r\n"), JSON.stringify(raw));
    assertEquals(site.events, ["response-stream-failed"]);
    assertEquals(site.log[0].level, "error");
    assertEquals((site.log[0].error as Error).message, "secret of the stream");
  }
});

Deno.test("a stream that fails before its first piece cuts the connection", async () => {
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        pull() {
          throw new Error("secret of the stream");
        },
      }, { highWaterMark: 0 }),
    )
  );
  const raw = await site.rawAnswer(GET);
  assert(!raw.includes("0\r\n\r\n") && !raw.includes("secret"), raw);
  assertEquals(site.events, ["response-stream-failed"]);
});

Deno.test("a stream that gives no octets cuts the connection", async () => {
  for (const piece of ["text", 5, {}, new ArrayBuffer(4)] as never[]) {
    let cancelled = false;
    await using site = new Site(() =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(piece),
          cancel: () => void (cancelled = true),
        }),
      )
    );
    const raw = await site.rawAnswer(GET);
    assert(!raw.endsWith("0\r\n\r\n"), raw);
    assertEquals([site.events, cancelled], [["response-stream-failed"], true]);
  }
});

Deno.test("a stream is cancelled when the client leaves", async () => {
  for (const enqueue of [true, false]) { // in the middle of writing, or waiting for more
    const cancelled = new Latch<unknown>();
    await using site = new Site(() =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(octets("first")),
          pull: (controller) => enqueue ? controller.enqueue(new Uint8Array(65_536)) : never,
          cancel: (reason) => cancelled.open(reason),
        }),
      )
    );
    const conn = await site.dial();
    await conn.write(octets(GET + GET));
    await conn.read(new Uint8Array(100));
    conn.close(); // with something unread: a reset
    await cancelled.passed();
    assertEquals(site.log, []);
  }
});

Deno.test("a stream is cancelled when nobody wants its content", async () => {
  const cancelled = new Latch<unknown>();
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        pull: () => never,
        cancel: (reason) => cancelled.open(reason),
      }),
    )
  );
  assertEquals((await site.ask("HEAD / HTTP/1.1|Host: a||")).status, 200);
  await cancelled.passed();
  assertEquals(site.log, []);
});

Deno.test("a stream whose cancellation fails is no fault of the client", async () => {
  await using site = new Site(() =>
    new Response(
      new ReadableStream({
        cancel() {
          throw new Error("I do not let go");
        },
      }),
    )
  );
  const client = await site.connect();
  const head = "HEAD / HTTP/1.1|Host: a||";
  await client.send(octets(head + head));
  for (let i = 0; i < 2; i++) {
    const response = await client.read("HEAD");
    assertEquals([response.status, saysClose(response)], [200, false]);
  }
});

// Handlers that fail -----------------------------------------------------------------------------

/** A plain 500 that tells nothing, and a connection that goes on. */
async function assertFailure(make: () => unknown, event = "handler-failed"): Promise<unknown> {
  await using site = new Site(make as () => Response, { serverName: "" });
  const client = await site.connect();
  await client.send(octets(GET));
  const response = await client.read();
  assertPlain(response, 500, "Internal Server Error");
  await client.send(octets(GET));
  assertEquals((await client.read()).status, 500);
  assertEquals(site.events, [event, event]);
  assertEquals(site.log[0].level, "error");
  assertEquals(site.log[0].method, "GET");
  assertEquals(site.log[0].target, "/");
  assert(site.log[0].requestId !== undefined);
  return site.log[0].error;
}

function assertPlain(response: RawResponse, status: number, phrase: string): void {
  assertEquals([response.status, response.reason], [status, phrase]);
  assertEquals(contentText(response), `${phrase}\n`);
  const names = response.fields.map(([name]) => name.toLowerCase()).sort();
  assertEquals(
    names.filter((name) => name !== "keep-alive"),
    ["connection", "content-length", "content-type", "date"],
  );
}

Deno.test("a handler that throws is answered 500 and logged, and nothing leaks", async () => {
  const failure = new Error("secret", { cause: new Error("secret cause") });
  assertEquals(
    await assertFailure(() => {
      throw failure;
    }),
    failure,
  );
});

Deno.test("a handler that rejects is answered 500 and logged, and nothing leaks", async () => {
  const failure = new Error("secret");
  assertEquals(await assertFailure(() => Promise.reject(failure)), failure);
});

Deno.test("a handler that throws something other than an error is answered 500", async () => {
  for (
    const thrown of ["secret", 0, null, undefined, Object.create(null), new Response("secret")]
  ) {
    await assertFailure(() => {
      throw thrown;
    });
    await assertFailure(() => Promise.reject(thrown));
  }
});

Deno.test("a handler that gives no Response is answered 500", async () => {
  for (const given of [undefined, null, "secret", {}, 200, { status: 200, body: null }]) {
    await assertFailure(() => given);
    await assertFailure(() => Promise.resolve(given));
  }
});

Deno.test("Response.error() is answered 500", async () => {
  await assertFailure(() => Response.error());
  await assertFailure(() => Promise.resolve(Response.error()));
});

Deno.test("a Response that was read or sent before is answered 500", async () => {
  for (const body of ["text", octets("text"), new Blob(["text"])]) {
    await assertFailure(async () => {
      const response = new Response(body);
      await response.text();
      return response;
    });
    const twice = new Response(body);
    await using site = new Site(() => twice);
    assertEquals((await site.ask(GET)).status, 200);
    assertEquals((await site.ask(GET)).status, 500);
    assertEquals(site.events, ["handler-failed"]);
  }
});

Deno.test("a Response whose body somebody else reads is answered 500", async () => {
  await assertFailure(() => {
    const response = new Response(streamOf("text"));
    response.body!.getReader();
    return response;
  });
  await assertFailure(() => {
    const response = new Response("text");
    response.body!.getReader();
    return Promise.resolve(response);
  });
});

Deno.test("a field value that cannot be sent is answered 500, and its stream cancelled", async () => {
  const headers = { "x-a": "a\x01b" };
  await assertFailure(() => new Response("text", { headers }));
  let cancelled = 0;
  const stream = () => new ReadableStream({ cancel: () => void cancelled++ });
  await assertFailure(() => new Response(stream(), { headers }));
  await assertFailure(() => Promise.resolve(new Response(stream(), { headers })));
  assertEquals(cancelled, 4);
});

Deno.test("onError makes the answer to a handler that fails", async () => {
  for (const later of [false, true]) {
    const failures: unknown[] = [];
    const failure = new Error("secret");
    await using site = new Site(() => {
      if (later) return Promise.reject(failure);
      throw failure;
    }, {
      onError(error) {
        failures.push(error);
        const response = new Response("sorry", { status: 503 });
        return later ? Promise.resolve(response) : response;
      },
    });
    const response = await site.ask(GET);
    assertEquals([response.status, contentText(response)], [503, "sorry"]);
    assertEquals(failures, [failure]);
    assertEquals(site.events, ["handler-failed"]);
  }
});

Deno.test("onError that fails itself is answered 500", async () => {
  const fails: (() => Response | Promise<Response>)[] = [
    () => {
      throw new Error("secret of the second");
    },
    () => Promise.reject(new Error("secret of the second")),
    () => undefined as unknown as Response,
    () => Response.error(),
    () => new Response("", { headers: { "x-a": "\x01" } }),
  ];
  for (const onError of fails) {
    await using site = new Site(() => {
      throw new Error("secret");
    }, { onError, serverName: "" });
    assertPlain(await site.ask(GET), 500, "Internal Server Error");
    assertEquals(site.events, ["handler-failed", "error-handler-failed"]);
  }
});

Deno.test("onError may give a stream", async () => {
  await using site = new Site(() => {
    throw new Error("secret");
  }, { onError: () => new Response(streamOf("sor", "ry"), { status: 500 }) });
  const response = await site.ask(GET);
  assertEquals([response.status, contentText(response)], [500, "sorry"]);
});

Deno.test("onError is not asked about faults of the client", async () => {
  let asked = 0;
  await using site = new Site(async (request) => new Response(await request.text()), {
    onError: () => new Response(`${++asked}`),
  });
  const response = await site.ask(`POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||zz|`);
  assertEquals([response.status, asked], [400, 0]);
});

// Content that cannot be read ----------------------------------------------------------------------

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
  Deno.test(`a handler that fails over ${name} is answered ${status}`, async () => {
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

Deno.test("a handler that fails over content that is too slow is answered 408", async () => {
  await using site = new Site(async (request) => new Response(await request.text()), {
    contentTimeout: 40,
  });
  const client = await site.connect();
  await client.send(octets("POST / HTTP/1.1|Host: a|Content-Length: 10||abc"));
  const response = await client.read();
  assertEquals([response.status, saysClose(response)], [408, true]);
  assertEquals(site.events, ["request-refused"]);
});

Deno.test("a handler that fails over content that ends too early is answered 400", async () => {
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

Deno.test("a handler that fails for its own reasons behind good content is answered 500", async () => {
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

Deno.test("content that fails while an answer streams cuts the answer", async () => {
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

// ------------------------------------------------------------------------------------------------

const never = new Promise<void>(() => {});

function streamOf(...pieces: string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(pieces.map(octets));
}

function failingStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  let pulled = false;
  return new ReadableStream({
    pull(controller) {
      if (pulled) throw new Error("secret of the stream");
      pulled = true;
      controller.enqueue(octets("hello"));
    },
  }, { highWaterMark: 0 });
}

/** Field names in small letters: a Headers object may spell them either way. */
function lowerNames(head: string): string {
  return head.replace(/\r\n[^:\r\n]+:/g, (name) => name.toLowerCase());
}
