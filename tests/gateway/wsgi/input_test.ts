// wsgi.input: reads that block a worker, and the same methods with promises.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Gate, pool, until } from "../../pool/pool_site.ts";
import { contentText, type RawClient } from "../../support/raw_client.ts";
import type { Site } from "../../support/site.ts";
import { octets } from "../../wire/row.ts";
import { ACCEPTING, get, type Place, STREAMED, streamed, WORKERS, wsgiSite } from "./wsgi_site.ts";

const MIB = 1024 * 1024;

/** Every way in which the content of a request is read. */
const READINGS: readonly { place: Place; app: string }[] = [
  ...WORKERS.map((place) => ({ place, app: "default" })),
  ...[...ACCEPTING, ...WORKERS].map((place) => ({ place, app: "awaiting" })),
];

const post = (path: string, content: string) =>
  `POST ${path} HTTP/1.1|Host: a|Content-Length: ${content.length}||${content}`;
const chunked = (path: string, ...chunks: string[]) =>
  `POST ${path} HTTP/1.1|Host: a|Transfer-Encoding: chunked||` +
  [...chunks, ""].map((chunk) => `${chunk.length.toString(16)}|${chunk}|`).join("");

async function expectUsable(site: Site): Promise<void> {
  assertEquals(contentText(await site.ask(get("/hello"))), "Hello world!");
}

/** Sends zeros as fast as they are taken. */
async function sendZeros(client: RawClient, size: number): Promise<void> {
  const piece = new Uint8Array(256 * 1024);
  for (let sent = 0; sent < size; sent += piece.length) await client.send(piece);
}

for (const { place, app } of READINGS) {
  const name = `${place.name}, ${app}`;

  Deno.test(`${name}: wsgi.input has the methods of a file`, async () => {
    await using site = await wsgiSite(place, app);
    const text = "abc\nab\ncdef\nrest\nx";
    const expected = JSON.stringify(["abc", "\n", "ab", "\n", "cdef\n", "rest\n", "x", "", ""]);
    const asked = [post("/verbs", text), chunked("/verbs", "abc\nab", "\ncdef\nr", "est\nx")];
    for (const wire of asked) assertEquals(contentText(await site.ask(wire)), expected);
    const large = "line\n".repeat(40_000);
    assertEquals(contentText(await site.ask(post("/read", large))), large);
    assertEquals(contentText(await site.ask(chunked("/read", large, large))), large + large);
    assertEquals(contentText(await site.ask(post("/echo", large))), large);
    assertEquals(contentText(await site.ask(get("/read"))), "");
    assertEquals(contentText(await site.ask(post("/read", ""))), "");
    assertEquals(site.events, []);
  });

  Deno.test(`${name}: a client that waits for 100 gets it at the first read`, async () => {
    await using site = await wsgiSite(place, app, streamed(place));
    for (const path of ["/read", "/hello"]) {
      const client = await site.connect();
      const expect = `POST ${path} HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 3||`;
      await client.send(octets(expect));
      if (path === "/read") {
        assertEquals((await client.readAny()).status, 100);
        await client.send(octets("abc"));
        assertEquals(contentText(await client.read()), "abc");
      } else {
        assertEquals((await client.readAny()).status, 200);
      }
    }
  });

  Deno.test(`${name}: the failure of content is the status of the response`, async () => {
    await using site = await wsgiSite(place, app, { ...streamed(place), maxContentSize: 100_000 });
    const head = (path: string) => `POST ${path} HTTP/1.1|Host: a|Transfer-Encoding: chunked||`;
    const large = "x".repeat(60_000);
    const tooMuch = `ea60|${large}|ea60|${large}|0||`;
    for (const path of ["/read", "/never-responds"]) {
      assertEquals((await site.ask(head(path) + tooMuch)).status, 413);
      assertEquals((await site.ask(`${head(path)}3|abc|0x1|`)).status, 400);
      assertEquals((await site.ask(`${head(path)}3|abcd`)).status, 400);
      const client = await site.connect();
      await client.send(octets(`POST ${path} HTTP/1.1|Host: a|Content-Length: 99999||abc`));
      await client.half();
      assertEquals((await client.read()).status, 400);
    }
    const own = await site.ask(head("/swallows") + tooMuch);
    assertEquals(own.status, 413); // a limit of the server wins
    const swallowed = await site.ask(`${head("/swallows")}3|abc|0x1|`);
    assertEquals([swallowed.status, contentText(swallowed)], [422, "responded all the same"]);
    await expectUsable(site);
    assertEquals(site.events, Array(9).fill("request-refused"));
  });

  Deno.test(`${name}: content that does not come gets 408`, async () => {
    await using site = await wsgiSite(place, app, { contentTimeout: 100 });
    for (const framing of ["Content-Length: 70000", "Transfer-Encoding: chunked"]) {
      const client = await site.connect();
      await client.send(octets(`POST /read HTTP/1.1|Host: a|${framing}||5|abcde|`));
      assertEquals((await client.read()).status, 408);
    }
    await expectUsable(site);
  });

  Deno.test(`${name}: a client that leaves ends a read`, async () => {
    await using site = await wsgiSite(place, app, streamed(place));
    for (const framing of ["Content-Length: 70000", "Transfer-Encoding: chunked"]) {
      using gate = new Gate();
      const client = await site.connect();
      await client.send(octets(`POST ${gate.target("/waits")} HTTP/1.1|Host: a|${framing}||`));
      await until(() => gate.notes.includes("reading"));
      client.close();
      await until(() => gate.notes.length > 1);
      await expectUsable(site); // there is one worker
    }
    assert(site.events.every((event) => event === "request-refused"), String(site.events));
  });

  Deno.test(`${name}: 64 MiB are taken in with flat memory`, async () => {
    await using site = await wsgiSite(place, app, { maxContentSize: Infinity });
    const upload = async (size: number) => {
      const client = await site.connect();
      await client.send(octets(`POST /count HTTP/1.1|Host: a|Content-Length: ${size}||`));
      await sendZeros(client, size);
      assertMatch(contentText(await client.read()), new RegExp(`^${size}\\b`));
    };
    await upload(64 * MIB); // by now everything has its usual size
    const before = Deno.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 5);
    await upload(256 * MIB);
    clearInterval(watch);
    const grown = Math.round((most - before) / MIB);
    assert(grown < 128, `256 MiB of content took ${grown} MiB of memory`);
  });
}

for (const place of WORKERS) {
  Deno.test(`${place.name}: a read waits for a client that sends octet by octet`, async () => {
    await using site = await wsgiSite(place);
    const client = await site.connect();
    const length = 70_000; // more than rides with the head
    await client.send(octets(`POST /read HTTP/1.1|Host: a|Content-Length: ${length}||`));
    const content = Uint8Array.from({ length }, (_, index) => 97 + index % 26);
    await client.send(content.subarray(0, 50), 1);
    await client.send(content.subarray(50), 7_001);
    const response = await client.read();
    assertEquals(response.content, content);
    assertEquals(pool(site).crashedWorkers, 0);
  });

  Deno.test(`${place.name}: close() is called when the client leaves during a read`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place, "default", STREAMED);
    const client = await site.connect();
    const target = gate.target("/waits-streaming");
    await client.send(octets(`POST ${target} HTTP/1.1|Host: a|Content-Length: 70000||`));
    await until(() => gate.notes.includes("reading"));
    client.close();
    await until(() => gate.notes.includes("closed"));
    assertEquals(gate.notes, ["reading", "returned", "closed"]);
    await expectUsable(site);
  });

  Deno.test(`${place.name}: an application that does not read stops the client`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place, "default", STREAMED);
    const conn = await site.dial();
    const client = site.adopt(conn);
    const length = 30 * MIB;
    const head = `POST ${gate.target("/hold")} HTTP/1.1|Host: a|Content-Length: ${length}||`;
    await client.send(octets(head));
    await gate.reached();
    let sent = 0;
    let blocked = false;
    const sending = (async () => {
      const piece = new Uint8Array(MIB);
      while (sent < length) {
        const timer = setTimeout(() => blocked = true, 300);
        sent += await conn.write(piece.subarray(0, Math.min(MIB, length - sent)));
        clearTimeout(timer);
      }
    })();
    await until(() => blocked);
    assert(sent < 20 * MIB, `${sent} octets were taken in that the application does not read`);
    gate.open();
    await sending;
    assertEquals((await client.read()).content.length, length);
  });
}

for (const place of ACCEPTING) {
  Deno.test(`${place.name}: a read without await is refused, as it would block`, async () => {
    await using site = await wsgiSite(place);
    for (const path of ["/read", "/verbs", "/count", "/echo"]) {
      assertEquals((await site.ask(post(path, "abc"))).status, 500);
    }
    for (const { error } of site.log) {
      assertMatch(String(error), /would block|has to be awaited/);
    }
    assertEquals(site.events, Array(4).fill("handler-failed"));
    await expectUsable(site);
  });
}
