// A worker that its application blocks: it waits only for its client, and wakes when the exchange ends.

import { assert, assertEquals } from "@std/assert";
import { Gate, pool, until } from "../../pool/pool_site.ts";
import { contentText } from "../../support/raw_client.ts";
import { within } from "../../support/latch.ts";
import { octets } from "../../wire/row.ts";
import { atRest, get, STREAMED, WORKERS, wsgiSite } from "./wsgi_site.ts";

const reading = (target: string) =>
  octets(`POST ${target} HTTP/1.1|Host: a|Content-Length: 70000||abc`);

for (const place of WORKERS) {
  const { name } = place;
  const { workerKind } = place.options;

  Deno.test(`${name}: write() blocks while the client does not read`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place, "default", { maxSpooledContent: 16_777_216 });
    const client = await site.connect();
    await client.send(octets(get(gate.target("/endless"))));
    await atRest(() => gate.notes.length);
    const count = gate.notes.length;
    assert(count < 400, `${count} pieces of 64 KiB for a client that does not read`);
    client.close();
    await until(() => gate.notes.includes("closed"));
  });

  for (const path of ["/trickle", "/trickle-writes"]) {
    Deno.test(`${name}: ${path} ends soon after its client has left, and frees the worker`, async () => {
      using gate = new Gate();
      await using site = await wsgiSite(place);
      const client = await site.connect();
      await client.send(octets(get(gate.target(path))));
      await until(() => gate.notes.length >= 3);
      client.close();
      await until(() => gate.notes.includes("closed"));
      assert(gate.notes.length < 100, `${gate.notes.length} pieces for a client that has left`);
      const other = await site.connect();
      await other.send(octets(get("/hello")));
      assertEquals((await other.read()).status, 200);
    });
  }

  Deno.test(`${name}: a client that has ended its side gets all of a late response`, async () => {
    await using site = await wsgiSite(place);
    const client = await site.connect();
    await client.send(octets("POST /late-echo HTTP/1.1|Host: a|Content-Length: 100000||"));
    await client.send(new Uint8Array(100_000));
    await client.half();
    assertEquals((await client.read()).content.length, 1_000_000);
    assertEquals(site.log, []);
  });

  Deno.test(`${name}: a slow client gets all that a blocked application sends`, async () => {
    await using site = await wsgiSite(place);
    const client = await site.connect();
    await client.send(octets(get("/large")));
    await until(() => pool(site).busy === 1);
    const { content } = await client.read();
    assertEquals(content.length, 10_000_000);
    assert(content.every((octet, i) => octet === Math.floor(i / 50_000)));
  });

  Deno.test(`${name}: a worker that may block holds one exchange`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place);
    const clients = [await site.connect(), await site.connect()];
    await clients[0].send(octets(get(gate.target("/hold"))));
    await gate.reached();
    await clients[1].send(octets(get("/hello")));
    await until(() => pool(site).queued === 1);
    gate.open();
    for (const client of clients) assertEquals((await client.read()).status, 200);
  });

  Deno.test(`${name}: exchangesPerWorker counts when it is given`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place, "default", { exchangesPerWorker: 2 });
    const clients = [await site.connect(), await site.connect(), await site.connect()];
    await clients[0].send(octets(get(gate.target("/hold"))));
    await gate.reached();
    gate.open(); // the worker's response opens its window
    assertEquals((await clients[0].read()).status, 200);
    using other = new Gate();
    for (const client of clients) await client.send(octets(get(other.target("/hold"))));
    await other.reached();
    await until(() => pool(site).queued > 0);
    other.open();
    for (const client of clients) assertEquals((await client.read()).status, 200);
  });

  Deno.test(`${name}: an application that awaits holds many exchanges`, async () => {
    await using site = await wsgiSite(place, "awaiting");
    const clients = await Promise.all(Array.from({ length: 5 }, () => site.connect()));
    for (const client of clients) {
      await client.send(octets("POST /read HTTP/1.1|Host: a|Content-Length: 70000||"));
    }
    await until(() => pool(site).workers[0].work.length === clients.length);
    for (const client of clients) {
      await client.send(new Uint8Array(70_000));
      assertEquals((await client.read()).status, 200);
    }
  });

  Deno.test(`${name}: while one worker is blocked another one responds`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place, "default", { ...STREAMED, minWorkers: 2 });
    const client = await site.connect();
    await client.send(reading(gate.target("/waits")));
    await until(() => gate.notes.includes("reading"));
    for (let i = 0; i < 20; i++) {
      assertEquals(contentText(await site.ask(get("/hello"))), "Hello world!");
    }
    assertEquals(pool(site).busy, 1);
    await client.send(new Uint8Array(69_997));
    assertEquals((await client.read()).status, 200);
  });

  Deno.test(`${name}: a client past its deadline wakes the handler, and the worker stays`, async () => {
    using gate = new Gate();
    const more = { ...STREAMED, handlerTimeout: 600, contentTimeout: 900, workerKind };
    await using site = await wsgiSite(place, "default", more);
    const client = await site.connect();
    await client.send(reading(gate.target("/waits")));
    assertEquals((await client.read()).status, 408);
    assertEquals(gate.notes, ["reading", "ProtocolError"]);
    assertEquals(contentText(await site.ask(get("/hello"))), "Hello world!");
    assertEquals([pool(site).killedWorkers, pool(site).spawned], [0, 1]);
  });

  Deno.test(`${name}: stopping wakes a blocked application`, async () => {
    using gate = new Gate();
    await using site = await wsgiSite(place, "default", { ...STREAMED, shutdownTimeout: 50 });
    const client = await site.connect();
    await client.send(reading(gate.target("/waits")));
    await until(() => gate.notes.includes("reading"));
    await within(site.server.stop());
    await until(() => gate.notes.length > 1);
    assertEquals(gate.notes, ["reading", "AbortError"]);
  });

  Deno.test(`${name}: a read of unread content is aborted once the response has been sent`, async () => {
    await using site = await wsgiSite(place, "default", STREAMED);
    for (let i = 0; i < 3; i++) {
      const client = await site.connect();
      await client.send(reading("/responds-first"));
      assertEquals((await client.read()).status, 200);
      client.close();
    }
    assertEquals(contentText(await site.ask(get("/hello"))), "Hello world!");
  });
}

Deno.test("killable: a worker that ignores its deadline is killed", async () => {
  using gate = new Gate();
  const more = { ...STREAMED, handlerTimeout: 100, contentTimeout: 100 };
  await using site = await wsgiSite(WORKERS[1], "default", more);
  const client = await site.connect();
  await client.send(reading(gate.target("/ignores-the-end")));
  assertEquals((await client.read()).status, 504);
  assertEquals(contentText(await site.ask(get("/hello"))), "Hello world!");
  assertEquals([pool(site).killedWorkers, pool(site).abandonedWorkers], [1, 0]);
});
