// Several requests on one connection are served in order and up to the limits; those of several connections
// never mix.

import { assert, assertEquals } from "@std/assert";
import type { ApplicationValue } from "../../src/application/application.ts";
import { Client, get, path } from "./memory_client.ts";
import { Latch } from "../support/latch.ts";
import { MemoryServer } from "../support/memory_server.ts";
import { contentText, RawClient, saysClose } from "../support/raw_client.ts";
import { settle } from "../support/scripted_stream.ts";
import { octets } from "../wire/row.ts";

Deno.test("pipelined requests are served in order, one after the other", async () => {
  const latches = new Map(["/a", "/b", "/c"].map((name) => [name, new Latch()]));
  const begun: string[] = [];
  await using client = new Client(async (request) => {
    const { pathname } = new URL(request.url);
    begun.push(pathname);
    await latches.get(pathname)!.passed();
    return new Response(pathname);
  });
  await client.tell(get("/a") + get("/b") + get("/c"));
  latches.get("/c")!.open();
  latches.get("/b")!.open();
  await settle();
  assertEquals(begun, ["/a"]);
  latches.get("/a")!.open();
  for (const name of ["/a", "/b", "/c"]) assertEquals(contentText(await client.read()), name);
  assertEquals(begun, ["/a", "/b", "/c"]);
});

Deno.test("all pipelined requests get responses although the client does not read meanwhile", async () => {
  const requests = 500;
  await using client = new Client(path, {}, 1_024);
  const sending = client.send(octets(
    Array.from({ length: requests }, (_, i) => get(`/${i}`)).join(""),
  ));
  for (let i = 0; i < requests; i++) assertEquals(contentText(await client.read()), `/${i}`);
  await sending;
});

Deno.test("an earlier response does not wait for a later one", async () => {
  const go = new Latch();
  await using client = new Client(async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/slow") await go.passed();
    return new Response(pathname);
  });
  await client.send(octets(get("/quick") + get("/slow")));
  assertEquals(contentText(await client.read()), "/quick");
  go.open();
  assertEquals(contentText(await client.read()), "/slow");
});

Deno.test("an error response comes behind the responses before it, and no response behind it", async () => {
  const served: string[] = [];
  await using client = new Client((request) => {
    served.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  await client.send(octets(get("/a") + get("/b") + "GET /c HTTP/1.1||" + get("/d")));
  const responses = [await client.read(), await client.read(), await client.read()];
  assertEquals(responses.map(({ status }) => status), [200, 200, 400]);
  assertEquals(responses.map(saysClose), [false, false, true]);
  await client.expectClose();
  assertEquals(served, ["/a", "/b"]);
  assertEquals(client.codes, ["missing-host"]);
});

Deno.test("no request behind one that asks to close is served", async () => {
  const served: string[] = [];
  await using client = new Client((request) => {
    served.push(new URL(request.url).pathname);
    return new Response("ok");
  });
  await client.send(octets("GET /a HTTP/1.1|Host: a|Connection: close||" + get("/b")));
  assert(saysClose(await client.read()));
  await client.expectClose();
  assertEquals(served, ["/a"]);
});

Deno.test("maxRequestsPerConnection makes the last response say close", async () => {
  await using client = new Client(path, { maxRequestsPerConnection: 3 });
  await client.send(octets(get("/1") + get("/2") + get("/3") + get("/4")));
  const said = [];
  for (let i = 0; i < 3; i++) said.push(saysClose(await client.read()));
  assertEquals(said, [false, false, true]);
  await client.expectClose();
});

Deno.test("keepAliveLimit makes a response say close while so many connections are idle", async () => {
  await using client = new Client(path, { keepAliveLimit: 1 });
  const other = new RawClient(client.server.connect());
  await client.tell(get("/1"));
  assertEquals(saysClose(await client.read()), false);
  await client.stream.peerStarved();
  assertEquals(client.server.idle, 1);

  await other.send(octets(get("/2")));
  assertEquals(saysClose(await other.read()), true);
  await other.expectEnd();
  other.close();

  await client.send(octets(get("/3"))); // it does not stand in its own way
  assertEquals(saysClose(await client.read()), false);
});

Deno.test("keepAliveLimit 0 keeps no connection", async () => {
  await using client = new Client(path, { keepAliveLimit: 0 });
  await client.send(octets(get("/1")));
  assertEquals(saysClose(await client.read()), true);
  await client.expectClose();
});

Deno.test("exchanges on many connections never mix", async () => {
  const app: ApplicationValue = async (request) => {
    const { pathname } = new URL(request.url);
    const content = await request.text();
    return new Response(`${pathname} ${content.length} ${content}`);
  };
  await using server = new MemoryServer(app);
  const talk = async (name: number) => {
    const capacity = 1 + name * 7;
    using client = new RawClient(server.connect(capacity));
    for (let round = 0; round < 5; round++) {
      const content = `${name}.${round};`.repeat(1 + (name * 31 + round * 17) % 60);
      const sending = client.send(octets(
        `POST /${name}/${round} HTTP/1.1|Host: a|Content-Length: ${content.length}||${content}`,
      ));
      const [response] = await Promise.all([client.read(), sending]);
      assertEquals(contentText(response), `/${name}/${round} ${content.length} ${content}`);
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, name) => talk(name)));
});
