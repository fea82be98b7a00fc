// What takes a place of `exchangesPerWorker`: a handler at work. Open streams, slow readers and slow senders
// leave the places to others.

import { assert, assertEquals } from "@std/assert";
import { within } from "../support/latch.ts";
import { contentText, type RawClient } from "../support/raw_client.ts";
import type { Site } from "../support/site.ts";
import { noPki, Pki } from "../tls/pki.ts";
import { octets } from "../wire/row.ts";
import { KINDS, pool, poolSite, until } from "./pool_site.ts";

const get = (target: string) => octets(`GET ${target} HTTP/1.1|Host: a||`);
const post = (target: string, more: string) => octets(`POST ${target} HTTP/1.1|Host: a|${more}||`);

/** Sends the same octets over many connections. */
async function sendMany(site: Site, count: number, wire: Uint8Array): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => site.connect()));
  await Promise.all(clients.map((client) => client.send(wire)));
  return clients;
}

/** Handlers that hold a worker's exchange, of all workers. */
function held(site: Site): number {
  return pool(site).workers.reduce((sum, { work }) => sum + work.length, 0);
}

/** Sends light requests, one after the other. */
async function expectServed(site: Site): Promise<void> {
  const client = await site.connect();
  for (let round = 0; round < 20; round++) {
    await client.send(get("/ok"));
    assertEquals(contentText(await within(client.read())), "ok");
  }
}

for (const tlsAdapter of ["deno", "node"] as const) {
  Deno.test(`TLS by ${tlsAdapter}: open event streams leave room for other requests`, {
    ignore: noPki !== undefined,
  }, async () => {
    const limits = { exchangesPerWorker: 4, shutdownTimeout: 500 };
    const options = { ...Pki.shared.files(), tlsAdapter, ...limits };
    await using site = poolSite("content.ts", options);
    const { port } = site.server.addr;
    const connect = async () =>
      site.adopt(
        await Deno.connectTls({ hostname: "localhost", port, caCerts: [Pki.shared.root] }),
      );
    const clients = await Promise.all(Array.from({ length: 20 }, connect));
    for (const client of clients) await client.send(get("/events"));
    await until(() => held(site) === 20 && pool(site).queued === 0, 20_000);
    const client = await connect();
    await client.send(get("/ok"));
    assertEquals(contentText(await within(client.read())), "ok");
  });
}

for (const workerKind of KINDS) {
  Deno.test(`${workerKind}: 300 open event streams leave room for other requests`, async () => {
    await using site = poolSite("content.ts", { workerKind });
    await sendMany(site, 300, get("/events"));
    await until(() => held(site) === 300, 20_000);
    for (const { work } of pool(site).workers) {
      assert(work.length > 0, "one worker has all streams");
    }
    assertEquals(pool(site).queued, 0);
    await expectServed(site);
  });

  Deno.test(`${workerKind}: responses that their clients do not read leave room for others`, async () => {
    await using site = poolSite("content.ts", { workerKind, exchangesPerWorker: 4 });
    await sendMany(site, 20, get("/endless"));
    await sendMany(site, 20, get("/huge"));
    await until(() => held(site) === 40 && pool(site).queued === 0, 20_000);
    await expectServed(site);
  });

  for (
    const [name, head, piece] of [
      ["small chunks", "Transfer-Encoding: chunked", "1|a|"],
      ["single octets of large content", "Content-Length: 100000", "a"],
      ["single octets of small content", "Content-Length: 1000", "a"],
      ["nothing after Expect", "Content-Length: 1000|Expect: 100-continue", ""],
    ]
  ) {
    Deno.test(`${workerKind}: clients that send ${name} leave room for others`, async () => {
      await using site = poolSite("content.ts", { workerKind, exchangesPerWorker: 4 });
      const clients = await sendMany(site, 20, post("/echo", head));
      const timer = setInterval(() => {
        for (const client of clients) void client.trySend(octets(piece));
      }, 200);
      try {
        await until(() => held(site) === 20 && pool(site).queued === 0, 20_000);
        await expectServed(site);
      } finally {
        clearInterval(timer);
      }
    });
  }

  Deno.test(`${workerKind}: a handler runs without content that does not come`, async () => {
    await using site = poolSite("content.ts", { workerKind });
    for (const length of [10, 65_536, 65_537]) {
      const client = await site.connect();
      await client.send(post("/ignore", `Content-Length: ${length}`));
      assertEquals(contentText(await within(client.read())), "ignored");
    }
  });

  Deno.test(`${workerKind}: small content that comes late comes whole`, async () => {
    await using site = poolSite("content.ts", { workerKind });
    for (const parts of [["", "abc", "de"], ["ab", "", "cde"], ["abcd", "e", ""]]) {
      const client = await site.connect();
      await client.send(octets("POST /echo HTTP/1.1|Host: a|Content-Length: 5||" + parts[0]));
      await until(() => held(site) === 1);
      for (const part of parts.slice(1)) {
        if (part !== "") await client.send(octets(part));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assertEquals(contentText(await client.read()), "abcde");
      await client.send(get("/ok"));
      assertEquals(contentText(await client.read()), "ok");
    }
  });
}

Deno.test("handlerTimeout does not count the wait for the client's content", async () => {
  const options = { handlerTimeout: 600, minContentRate: 0 };
  await using site = poolSite("content.ts", options);
  for (const head of ["Transfer-Encoding: chunked", "Content-Length: 100000"]) {
    const client = await site.connect();
    await client.send(post("/length", head));
    const chunked = head.startsWith("T");
    for (let part = 0; part < 5; part++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      await client.send(
        octets((chunked ? "4e20|" : "") + "x".repeat(20_000) + (chunked ? "|" : "")),
      );
    }
    if (chunked) await client.send(octets("0||"));
    assertEquals(contentText(await client.read()), "100000");
  }
});
