// A Gateway that a program writes itself: what it may do with an exchange, and the mistakes that are caught.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Exchange } from "../../src/exchange/exchange.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import { contentText, fieldValues, saysClose } from "../support/raw_client.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";

const GET = "GET / HTTP/1.1|Host: a||";

/** A gateway made of one function. */
class Own extends Gateway {
  readonly #respond: (exchange: Exchange) => void | Promise<void>;

  constructor(respond: (exchange: Exchange) => void | Promise<void>) {
    super();
    this.#respond = respond;
  }

  override respond(exchange: Exchange): void | Promise<void> {
    return this.#respond(exchange);
  }
}

const ok = (...fields: [string, string][]) => ({ status: 200, fields });

Deno.test("a Gateway sees the request as it is", async () => {
  await using site = new Site(
    new Own(async (exchange) => {
      const { head, scheme, content } = exchange;
      const seen = [
        head.method,
        head.target.raw,
        head.target.form,
        head.protocol,
        head.authority,
        head.fields.get("x-a"),
        scheme,
        new TextDecoder().decode(await content!.read()),
      ];
      await exchange.respond(ok(), JSON.stringify(seen));
    }),
  );
  const wire = "POST http://b/x?y HTTP/1.1|Host: a|X-A: 1|Content-Length: 3||abc";
  assertEquals(JSON.parse(contentText(await site.ask(wire))), [
    "POST",
    "http://b/x?y",
    "absolute",
    "HTTP/1.1",
    "b",
    "1",
    "http",
    "abc",
  ]);
});

Deno.test("a Gateway gets requests with methods that a Request cannot carry", async () => {
  await using site = new Site(new Own((exchange) => exchange.respond(ok(), exchange.head.method)));
  assertEquals(contentText(await site.ask("TRACE / HTTP/1.1|Host: a||")), "TRACE");
});

Deno.test("a Gateway responds at once: with text, octets, nothing", async () => {
  for (const [content, text] of [["\xe4", "\xe4"], [octets("abc"), "abc"], [null, ""]] as const) {
    await using site = new Site(new Own((exchange) => exchange.respond(ok(), content)));
    const response = await site.ask(GET);
    assertEquals([response.framing, contentText(response)], ["length", text]);
  }
});

Deno.test("a Gateway responds piece by piece", async () => {
  await using site = new Site(
    new Own(async (exchange) => {
      assertEquals(exchange.responding, false);
      assertEquals(exchange.begin(ok(["X-A", "1"])), true);
      assertEquals(exchange.responding, true);
      for (const piece of ["a", "", "bc", "d".repeat(100_000)]) {
        await exchange.write(octets(piece));
      }
      exchange.end();
    }),
  );
  const response = await site.ask(GET);
  assertEquals(response.framing, "chunked");
  assertEquals(contentText(response), "abc" + "d".repeat(100_000));
  assertEquals(response.chunks.slice(0, 2), [1, 2]); // an empty chunk would have ended the content
});

Deno.test("begin tells a Gateway whether content is wanted", async () => {
  const wanted: boolean[] = [];
  await using site = new Site(
    new Own(async (exchange) => {
      wanted.push(exchange.begin(ok()));
      await exchange.write(octets("ignored"));
      exchange.end();
    }),
  );
  assertEquals((await site.ask("HEAD / HTTP/1.1|Host: a||")).framing, "none");
  assertEquals(contentText(await site.ask(GET)), "ignored");
  assertEquals(wanted, [false, true]);
});

Deno.test("a field that would split a response gets 500, and nothing is split", async () => {
  const bad: [string, string][] = [
    ["X-A", "1\r\nX-Evil: 1"],
    ["X-A", "1\nX-Evil: 1"],
    ["X-A", "1\r"],
    ["X-A", "1\0"],
    ["X-A\r\nX-Evil", "1"],
    ["X-A:", "1"],
    ["X A", "1"],
    ["", "1"],
    ["X-A", "\u{1f600}"],
    ["X-A", "\u0100"],
    ["X-\xe4", "1"],
  ];
  for (const field of bad) {
    for (
      const response of [
        (exchange: Exchange) => exchange.respond(ok(field), "text"),
        (exchange: Exchange) => void exchange.begin(ok(field)),
        async (exchange: Exchange) => {
          await Promise.resolve();
          exchange.begin(ok(["X-B", "1"], field));
        },
      ]
    ) {
      await using site = new Site(new Own(response), { serverName: "" });
      const raw = await site.rawResponse("GET / HTTP/1.1|Host: a|Connection: close||");
      assertEquals(
        raw,
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain; charset=utf-8\r\n" +
          "Content-Length: 22\r\nConnection: close\r\n\r\nInternal Server Error\n",
      );
      assertEquals(site.events, ["gateway-failed"]);
    }
  }
});

Deno.test("a reason phrase that would split a response gets 500", async () => {
  for (const statusText of ["OK\r\nX-Evil: 1", "OK\n", "OK\0", "\u{1f600}"]) {
    await using site = new Site(
      new Own((exchange) => exchange.respond({ ...ok(), statusText }, "text")),
    );
    const response = await site.ask(GET);
    assertEquals([response.status, fieldValues(response, "x-evil")], [500, []]);
  }
});

Deno.test("a status that is malformed gets 500", async () => {
  for (const status of [0, 100, 101, 199, 1000, 200.5, NaN, -200]) {
    await using site = new Site(new Own((exchange) => exchange.respond({ ...ok(), status }, "")));
    assertEquals((await site.ask(GET)).status, 500, `${status}`);
  }
});

Deno.test("an interim response that cannot be sent leaves nothing on the wire", async () => {
  await using site = new Site(
    new Own(async (exchange) => {
      await assertRejects(
        async () => await exchange.informational(103, [["X-A", "1"], ["X-B", "\r\n"]]),
        TypeError,
      );
      await exchange.informational(103, [["X-A", "2"]]);
      await exchange.respond(ok(), "ok");
    }),
  );
  const response = await site.ask(GET);
  assertEquals(response.interim.map((interim) => fieldValues(interim, "x-a")), [["2"]]);
  assertEquals(contentText(response), "ok");
});

Deno.test("a Gateway cannot respond twice", async () => {
  await using site = new Site(
    new Own(async (exchange) => {
      await exchange.respond(ok(), "first");
      assertThrows(() => exchange.respond(ok(), "second"), TypeError, "response already");
      assertThrows(() => exchange.begin(ok()), TypeError, "response already");
      assertThrows(() => exchange.write(octets("third")), TypeError);
      exchange.end();
    }),
  );
  const client = await site.connect();
  await client.send(octets(GET + GET));
  for (let i = 0; i < 2; i++) {
    const response = await client.read();
    assertEquals([contentText(response), saysClose(response)], ["first", false]);
  }
  assertEquals(site.log, []);
});

Deno.test("a Gateway cannot write before it has begun", async () => {
  await using site = new Site(
    new Own((exchange) => {
      assertThrows(() => exchange.write(octets("early")), TypeError);
      exchange.end();
      assertEquals(exchange.responding, false);
      return exchange.respond(ok(), "ok");
    }),
  );
  assertEquals(contentText(await site.ask(GET)), "ok");
});

Deno.test("a Gateway that throws or rejects gets 500, and the connection is kept", async () => {
  const failure = new Error("secret");
  const fails: (() => void | Promise<void>)[] = [
    () => {
      throw failure;
    },
    () => Promise.reject(failure),
  ];
  for (const fail of fails) {
    await using site = new Site(new Own(fail));
    const client = await site.connect();
    await client.send(octets(GET + GET));
    for (let i = 0; i < 2; i++) {
      const response = await client.read();
      assertEquals([response.status, saysClose(response)], [500, false]);
      assertEquals(contentText(response), "Internal Server Error\n");
    }
    assertEquals(site.log.map(({ event, error }) => [event, error]), [
      ["gateway-failed", failure],
      ["gateway-failed", failure],
    ]);
  }
});

Deno.test("a Gateway that does not respond gets 500", async () => {
  for (const nothing of [() => {}, () => Promise.resolve()]) {
    await using site = new Site(new Own(nothing));
    assertEquals((await site.ask(GET)).status, 500);
    assertEquals(site.events, ["gateway-failed"]);
  }
});

Deno.test("a Gateway that fails behind its head aborts the response", async () => {
  for (const early of [true, false]) {
    await using site = new Site(
      new Own(async (exchange) => {
        exchange.begin(ok());
        await exchange.write(octets("hello"));
        if (!early) await exchange.write(octets("x".repeat(50_000)));
        throw new Error("secret");
      }),
    );
    const raw = await site.rawResponse(GET + GET);
    assert(!raw.endsWith("0\r\n\r\n"), "the response looks whole");
    assertEquals(raw.split("HTTP/1.1 ").length, 2);
    assertEquals(site.events, ["gateway-failed"]);
  }
});

Deno.test("a Gateway that begins a response and does not end it aborts the response", async () => {
  await using site = new Site(
    new Own(async (exchange) => {
      exchange.begin(ok());
      await exchange.write(octets("hello"));
    }),
  );
  const raw = await site.rawResponse(GET + GET);
  assert(!raw.endsWith("0\r\n\r\n"), "the response looks whole");
  assertEquals(raw.split("HTTP/1.1 ").length, 2);
  assertEquals([site.events, site.server.stats.aborted], [["gateway-failed"], 1]);
});

Deno.test("a Gateway may abort before and behind its head", async () => {
  for (const begin of [false, true]) {
    await using site = new Site(
      new Own(async (exchange) => {
        if (begin) {
          exchange.begin(ok());
          await exchange.write(octets("hello"));
        }
        exchange.abort(new Error("enough"));
      }),
    );
    const raw = await site.rawResponse(GET + GET);
    assertEquals(raw.includes("hello"), begin);
    assert(!raw.endsWith("0\r\n\r\n"));
    assertEquals(site.server.stats.aborted, 1);
  }
});

Deno.test("the signal of an aborted exchange is aborted when it is read later", async () => {
  let reason: unknown;
  await using site = new Site(
    new Own((exchange) => {
      exchange.abort(new Error("enough"));
      reason = exchange.signal.reason;
    }),
  );
  assertEquals(await site.rawResponse(GET), "");
  assertEquals((reason as Error).message, "enough");
});

Deno.test("one Gateway serves many exchanges at a time", async () => {
  const all = Promise.withResolvers<void>();
  let waiting = 0;
  await using site = new Site(
    new Own(async (exchange) => {
      if (++waiting === 20) all.resolve();
      await all.promise;
      await exchange.respond(ok(), exchange.head.target.raw);
    }),
  );
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, i) => site.ask(`GET /${i} HTTP/1.1|Host: a||`)),
  );
  assertEquals(responses.map(contentText), Array.from({ length: 20 }, (_, i) => `/${i}`));
});
