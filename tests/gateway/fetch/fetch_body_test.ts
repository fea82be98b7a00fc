// The content of a Request: read in every way, copied, forwarded.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { GET, look, pooled, post } from "./fetching.ts";
import { Latch } from "../../support/latch.ts";
import { contentText, RawClient } from "../../support/raw_client.ts";
import { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";

Deno.test("a Request without content has no body", async () => {
  for (const wire of [GET, "POST / HTTP/1.1|Host: a||"]) {
    assertEquals(
      await look(wire, async (request) => [request.body, request.bodyUsed, await request.text()]),
      [null, false, ""],
      wire,
    );
  }
});

for (
  const wire of [
    "GET / HTTP/1.1|Host: a||",
    "GET / HTTP/1.1|Host: a|Content-Length: 0||",
    "GET / HTTP/1.1|Host: a|Content-Length: 3||abc",
    "POST / HTTP/1.1|Host: a|Content-Length: 0||",
    "DELETE / HTTP/1.1|Host: a|Content-Length: 0||",
    "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||0||",
    "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||3|abc|0||",
    "PUT / HTTP/1.1|Host: a|Content-Length: 3||abc",
  ]
) {
  Deno.test(`a body has the states that it has in Deno.serve: ${wire.slice(0, 70)}`, async () => {
    let expected: unknown;
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      async (r) => {
        expected = await bodyStates(r);
        return new Response();
      },
    );
    using client = new RawClient(
      await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port }),
    );
    await client.send(octets(wire));
    await client.read();
    assertEquals(await look(wire, bodyStates), expected);
  });
}

/** Uses up a request, and notes what each step gave. */
async function bodyStates(request: Request): Promise<unknown[]> {
  const of = (result: () => unknown) =>
    Promise.try(result).catch((error) => error instanceof TypeError ? "TypeError" : `${error}`);
  const { headers } = request;
  return [
    request.body === null,
    request.bodyUsed,
    await of(async () => await request.clone().text()),
    request.bodyUsed,
    await of(() => request.text()),
    request.bodyUsed,
    await of(() => request.text()),
    await of(() => request.clone() instanceof Request),
    await of(() => new Request(request) instanceof Request),
    request.body === null,
    request.headers === headers,
  ];
}

Deno.test("content of GET and HEAD is left out of the Request and drained", async () => {
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

Deno.test("Request.body streams the content as it comes", { ignore: pooled }, async () => {
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
  const response = await fetch(site.url, { method: "POST", body: large });
  assertEquals(await response.text(), `${large.length} true`);
});

Deno.test("Request.clone gives the same content twice", async () => {
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

Deno.test("new Request(request) has all of the request", async () => {
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
  const response = await fetch(proxy.url, {
    method: "PUT",
    body: "abc",
    headers: { "x-a": "1" },
  });
  assertEquals(await response.text(), "PUT 1 abc");
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

for (const read of ["text", "clone", "body", "bodyUsed", "cache"] as const) {
  Deno.test(`Request.headers stays one object behind ${read}, and keeps every change`, async () => {
    assertEquals(
      await look(post("abc", "X-A: 1|X-B: 2|Cookie: a=1|"), async (request) => {
        const { headers } = request;
        headers.set("x-a", "3");
        await (read === "text" || read === "clone" ? request[read]() : request[read]);
        headers.set("x-a", "4");
        headers.append("x-c", "5");
        headers.delete("x-b");
        const seen = [headers, request.headers];
        if (!request.bodyUsed) seen.push(request.clone().headers, new Request(request).headers);
        return [
          request.headers === headers,
          new Set(seen.map((each) => JSON.stringify([...each]))).size,
          headers.get("x-a"),
          headers.get("x-b"),
          headers.get("x-c"),
        ];
      }),
      [true, 1, "4", null, "5"],
    );
  });
}

Deno.test("Request.headers that are first read behind the content are one object", async () => {
  assertEquals(
    await look(post("abc", "X-A: 1|"), async (request) => {
      await request.text();
      const { headers } = request;
      headers.set("x-a", "2");
      return [request.headers === headers, request.headers.get("x-a")];
    }),
    [true, "2"],
  );
});

Deno.test("a Request that is read twice fails like any other", async () => {
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
  const responded = new Latch();
  await using site = new Site(async (request) => {
    started.open([request.signal, request.clone().signal, new Request(request).signal]);
    await responded.passed();
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
  responded.open();
  assertEquals(site.log, []);
});
