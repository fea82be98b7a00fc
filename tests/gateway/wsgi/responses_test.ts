// Responses of applications by PEP 3333, in every thread that they run in.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { contentText, fieldValues } from "../../support/raw_client.ts";
import { octets } from "../../wire/row.ts";
import { Gate, until } from "../../pool/pool_site.ts";
import { ACCEPTING, atRest, get, WORKERS, wsgiSite } from "./wsgi_site.ts";

interface Row {
  /** What is shown. */
  readonly name: string;
  readonly target: string;
  readonly method?: string;
  readonly status: number;
  readonly reason?: string;
  readonly content?: string;
  readonly framing: "length" | "chunked" | "none";
  /** Values of Content-Length. */
  readonly length?: string;
  /** Sizes of the chunks. */
  readonly chunks?: readonly number[];
  /** Events in the log. */
  readonly events?: readonly string[];
}

const OWN_500 = "Internal Server Error\n";
const FAILED = {
  status: 500,
  content: OWN_500,
  framing: "length",
  events: ["handler-failed"],
} as const;

const ROWS: readonly Row[] = [
  {
    name: "one piece makes a Content-Length",
    target: "/hello",
    ...{ status: 200, content: "Hello world!", framing: "length", length: "12" },
  },
  {
    name: "no piece makes a length of 0",
    target: "/nothing",
    status: 200,
    framing: "length",
    length: "0",
  },
  { name: "204 has no content", target: "/no-content", status: 204, framing: "none" },
  {
    name: "the reason phrase is the application's",
    target: "/reason",
    ...{ status: 299, reason: "Own words", content: "x", framing: "length" },
  },
  {
    name: "each piece is a chunk, empty ones are none",
    target: "/pieces",
    ...{ status: 200, content: "abc", framing: "chunked", chunks: [1, 1, 1] },
  },
  {
    name: "nothing is sent before the first octets",
    target: "/late-start",
    ...{ status: 201, content: "late", framing: "chunked" },
  },
  {
    name: "without content the head is sent at the end",
    target: "/empty-generator",
    ...{ status: 202, content: "", framing: "length", length: "0" },
  },
  { name: "content without startResponse is an error", target: "/never-starts", ...FAILED },
  { name: "no startResponse at all is an error", target: "/never-starts-nor-sends", ...FAILED },
  {
    name: "what is written comes before what is returned",
    target: "/write",
    ...{ status: 200, content: "one two three", framing: "chunked", chunks: [4, 4, 5] },
  },
  {
    name: "what is written counts against the declared length",
    target: "/write-then-length",
    ...{ status: 200, content: "abcdef", framing: "length", length: "6" },
  },
  { name: "a second startResponse is an error", target: "/twice", ...FAILED },
  {
    name: "a second startResponse with excInfo replaces the first",
    target: "/changes-its-mind",
    ...{ status: 500, reason: "Oh dear", content: "sorry", framing: "length" },
  },
  { name: "an exception is a plain 500", target: "/throws", ...FAILED },
  {
    name: "an exception before the first octets is a plain 500",
    target: "/throws-first",
    ...FAILED,
  },
  { name: "text is no content", target: "/gives-text", ...FAILED },
  { name: "octets are no pieces of content", target: "/gives-octets", ...FAILED },
  { name: "nothing is no content", target: "/gives-nothing", ...FAILED },
  { name: "headers have to be pairs in an array", target: "/bad-headers", ...FAILED },
  {
    name: "a declared length is kept",
    target: "/declared?6",
    ...{ status: 200, content: "aaabbb", framing: "length", length: "6" },
  },
  {
    name: "pieces past the declared length are cut, and an error",
    target: "/declared?4",
    ...{ status: 200, content: "aaab", framing: "length", events: ["response-failed"] },
  },
  {
    name: "one piece past the declared length is cut, and an error",
    target: "/declared-only?4",
    ...{ status: 200, content: "aaab", framing: "length", events: ["response-failed"] },
  },
  {
    name: "HEAD has the head of GET",
    target: "/hello",
    method: "HEAD",
    ...{ status: 200, content: "", framing: "none", length: "12" },
  },
  {
    name: "HEAD ends where GET has no end",
    target: "/endless",
    method: "HEAD",
    ...{ status: 200, content: "", framing: "none" },
  },
  {
    name: "close() that fails does not affect the response",
    target: "/close-fails",
    ...{ status: 200, content: "ok", framing: "length", events: ["close-failed"] },
  },
  {
    name: "wsgi.errors goes into the log",
    target: "/errors",
    ...{ status: 200, content: "ok", framing: "length" },
    events: ["wsgi-errors", "wsgi-errors", "wsgi-errors", "wsgi-errors"],
  },
];

/** Rows of "/head": what is started with, and whether it may be. */
const HEADS: readonly [query: string, status: number][] = [
  ["h=X-A=1&h=X-A=2", 200],
  ["h=X-A=", 200],
  ["h=X-A=%C3%A4%09b", 200],
  ["status=200%20", 200],
  ["status=599%20Last", 599],
  ["status=200", 500],
  ["status=20%20OK", 500],
  ["status=2000%20OK", 500],
  ["status=%20200%20OK", 500],
  ["status=200%20OK%20", 500],
  ["status=200%20OK%0D%0AX:%20y", 500],
  ["status=100%20Continue", 500],
  ["status=OK", 500],
  ["h=X%20A=1", 500],
  ["h==1", 500],
  ["h=X-A", 500],
  ["h=X-A=1%0D%0AX-B:%202", 500],
  ["h=X-A=%00", 500],
  ["h=X-A=%E2%82%AC", 500],
  ["h=Connection=close", 200],
  ["h=Connection=keep-alive", 200],
  ["h=keep-alive=1", 200],
  ["h=Proxy-Connection=x", 200],
  ["h=Transfer-Encoding=chunked", 200],
  ["h=Upgrade=x", 200],
  ["h=TE=trailers", 200],
  ["h=Trailer=x", 200],
  ["status=407%20Proxy%20Authentication%20Required&h=Proxy-Authenticate=x", 407],
  ["h=Proxy-Authorization=x", 200],
  ["h=Content-Length=one", 500],
  ["h=Content-Length=1&h=Content-Length=2", 500],
  ["h=Content-Length=%2B1", 500],
];

for (const place of [...ACCEPTING, ...WORKERS]) {
  Deno.test(`${place.name}: applications respond as PEP 3333 says`, async (t) => {
    await using site = await wsgiSite(place);
    for (const row of ROWS) {
      await t.step(row.name, async () => {
        site.log.length = 0;
        const { method = "GET", status, content = "", framing, events = [] } = row;
        using client = await site.connect();
        await client.send(octets(`${method} ${row.target} HTTP/1.1|Host: a||`));
        const response = await client.read(method);
        assertEquals(
          [response.status, contentText(response), response.framing],
          [status, content, framing],
        );
        if (row.reason !== undefined) assertEquals(response.reason, row.reason);
        if (row.length !== undefined) {
          assertEquals(fieldValues(response, "content-length"), [row.length]);
        }
        if (row.chunks !== undefined) assertEquals(response.chunks, row.chunks);
        await client.send(octets(get("/hello"))); // the connection is kept
        assertEquals(contentText(await client.read()), "Hello world!");
        await until(() => site.log.length >= events.length);
        assertEquals(site.events, events);
      });
    }
  });

  Deno.test(`${place.name}: status and headers are checked`, async () => {
    await using site = await wsgiSite(place);
    for (const [query, status] of HEADS) {
      assertEquals([query, (await site.ask(get(`/head?${query}`))).status], [query, status]);
    }
  });

  Deno.test(`${place.name}: hop-by-hop headers are dropped, with one line for each name`, async () => {
    await using site = await wsgiSite(place);
    const wire = get(
      "/head?h=Keep-Alive=5&h=Upgrade=x&h=TE=trailers&h=Transfer-Encoding=chunked",
    );
    for (let i = 0; i < 2; i++) {
      const response = await site.ask(wire);
      assertEquals(response.status, 200);
      assertEquals(fieldValues(response, "upgrade"), []);
      assertEquals(fieldValues(response, "te"), []);
      assertEquals(fieldValues(response, "keep-alive"), ["timeout=65"]);
      assertEquals(response.framing, "length");
    }
    assertEquals(site.log.map(({ level, event, message }) => `${level} ${event}: ${message}`), [
      "warn field-dropped: Application's Keep-Alive, Upgrade, TE, Transfer-Encoding is dropped: " +
      "PEP 3333 leaves hop-by-hop fields to the server",
    ]);
    const { fields } = await site.ask(get("/head?status=426%20Upgrade%20Required&h=Upgrade=x"));
    assert(fields.some(([name, value]) => name === "Upgrade" && value === "x"));
  });

  Deno.test(`${place.name}: an application may close its connection`, async () => {
    await using site = await wsgiSite(place);
    using client = await site.connect();
    await client.send(octets(get("/head?h=Connection=close")));
    assertEquals(fieldValues(await client.read(), "connection"), ["close"]);
    await client.expectEnd();
    assertEquals(site.log, []);
  });

  Deno.test(`${place.name}: HEAD and 304 have no length that was not declared`, async () => {
    await using site = await wsgiSite(place);
    for (
      const [target, length] of [["/nothing", "0"], [
        "/head?status=304%20Not%20Modified",
        undefined,
      ]]
    ) {
      for (const method of ["GET", "HEAD"]) {
        using client = await site.connect();
        await client.send(octets(`${method} ${target} HTTP/1.1|Host: a||`));
        const expected = length === undefined || method === "HEAD" ? [] : [length];
        assertEquals(fieldValues(await client.read(method), "content-length"), expected);
      }
    }
  });

  Deno.test(`${place.name}: an exception aborts a response that has begun`, async () => {
    await using site = await wsgiSite(place);
    for (const target of ["/throws-later", "/changes-too-late", "/declared?9"]) {
      const client = await site.connect();
      await client.send(octets(get(target)));
      await client.expectCut();
    }
    const names = ["response-failed", "wsgi-errors", "response-failed", "content-too-short"];
    await until(() => site.log.length >= names.length);
    assertEquals(site.events.toSorted(), names.toSorted());
    assert(site.log.some(({ message }) => message === "rethrown: true"));
  });

  Deno.test(`${place.name}: a stack behind the message is the error of an event`, async () => {
    await using site = await wsgiSite(place);
    await site.ask(get("/traceback"));
    await until(() => site.log.length > 0);
    const [{ level, event, message, error }] = site.log;
    assertEquals([level, event, message], ["error", "wsgi-errors", "It failed"]);
    assertEquals((error as Error).stack, "Error: two\n  at a place");
  });

  Deno.test(`${place.name}: close() of what was returned is called in every case`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place);
    assertEquals(contentText(await site.ask(get(gate.target("/closes")))), "ab");
    await until(() => gate.notes.includes("closed"));
    const { notes } = gate;
    assertEquals(notes, ["returned", "closed"]);

    using failed = new Gate();
    const client = await site.connect();
    await client.send(octets(get(failed.target("/closes-after-error"))));
    await client.expectCut();
    await until(() => failed.notes.includes("closed"));
    assertEquals(failed.notes, ["returned", "closed"]);

    using unstarted = new Gate();
    assertEquals((await site.ask(get(unstarted.target("/closes-unstarted")))).status, 500);
    await until(() => unstarted.notes.includes("closed"));

    using file = new Gate();
    const response = await site.ask(get(file.target("/file")));
    const text = await Deno.readTextFile(new URL("./fixtures/apps.ts", import.meta.url));
    assertEquals(contentText(response), text);
    await until(() => file.notes.includes("closed"));
  });

  Deno.test(`${place.name}: close() is called when the client leaves, and nothing is logged`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place);
    const client = await site.connect();
    await client.send(octets(get(gate.target("/endless"))));
    await until(() => gate.notes.length > 3);
    client.close();
    await until(() => gate.notes.includes("closed"));
    assertEquals(gate.notes.slice(-2), ["returned", "closed"]);
    assertEquals((await site.ask(get("/hello"))).status, 200);
    assertEquals(site.events, []);
  });
}

for (const place of WORKERS) {
  Deno.test(`${place.name}: write() ends when the client leaves`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place);
    const client = await site.connect();
    await client.send(octets(get(gate.target("/endless-writes"))));
    await until(() => gate.notes.length > 3);
    client.close();
    assertEquals((await site.ask(get("/hello"))).status, 200); // there is one worker
    assertEquals(site.events, []);
  });
}

for (const place of ACCEPTING) {
  Deno.test(`${place.name}: write() refuses more than the client takes when it is not awaited`, async () => {
    await using site = await wsgiSite(place);
    const client = await site.connect();
    await client.send(octets(get("/endless-writes")));
    await client.expectCut();
    await until(() => site.log.length > 0);
    assertEquals(site.events, ["response-failed"]);
    assertMatch(
      String(site.log[0].error),
      /expected the application to await what write\(\) returns/,
    );
    assertEquals((await site.ask(get("/hello"))).status, 200);
  });
}

for (const place of [...ACCEPTING, ...WORKERS]) {
  Deno.test(`${place.name}: pieces that are awaited end when the client leaves`, async () => {
    await using site = await wsgiSite(place, "awaiting");
    for (const path of ["/endless", "/hangs"]) {
      using gate = new Gate();
      const client = await site.connect();
      await client.send(octets(get(gate.target(path))));
      await until(() => gate.notes.includes("piece"));
      client.close();
      await until(() => gate.notes.includes("closed"));
      if (path === "/endless") assertEquals(gate.notes.at(-2), "returned");
      assertEquals((await site.ask(get("/hello"))).status, 200);
    }
    assertEquals(site.events, []);
  });

  Deno.test(`${place.name}: write() that is awaited waits for the client`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place, "awaiting");
    const conn = await site.dial();
    const client = site.adopt(conn);
    await client.send(octets(get(gate.target("/endless-writes"))));
    await atRest(() => gate.notes.length);
    const before = gate.notes.length;
    await conn.read(new Uint8Array(16)); // it has not been given up
    client.close();
    assertEquals((await site.ask(get("/hello"))).status, 200);
    assertEquals(site.events, []);
    assert(before < 400, `${before} pieces of 64 KiB for a client that does not read`);
  });
}
