// Mode sharded over real sockets: several accepting threads behind one address.

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import type { LogEvent } from "../../src/log/log_event.ts";
import { ApplicationLoadError, Server, type ServerOptions } from "../../mod.ts";
import { until } from "../pool/pool_site.ts";
import { listens } from "../server/serving.ts";
import { RawClient, saysClose } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";

const APP = new URL("./fixtures/app.ts", import.meta.url);

/** A group of two shards that is bound and serving. */
async function group(options: ServerOptions = {}): Promise<{
  readonly server: Server;
  readonly events: string[];
  readonly log: LogEvent[];
  get(path?: string): Promise<string>;
}> {
  const events: string[] = [];
  const log: LogEvent[] = [];
  const server = new Server({
    app: APP,
    mode: "sharded",
    minWorkers: 2,
    bind: "127.0.0.1:0",
    maxConnections: 100, // which any process may open, so that nothing is logged about it
    onListen: () => {},
    onLog(event) {
      log.push(event);
      events.push(event.event);
    },
    ...options,
  });
  await server.prepare();
  server.serve().catch(() => {});
  const get = async (path = "/") => {
    // Connections are distributed, not requests, so each request has its own connection.
    const response = await fetch(`http://${server.bindAddr}${path}`, {
      headers: { connection: "close" },
    });
    return await response.text();
  };
  return { server, events, log, get };
}

Deno.test("in mode sharded every worker accepts on the same address", async () => {
  const { server, get } = await group();
  const seen = new Set<string>();
  for (let i = 0; i < 500 && seen.size < 2; i++) seen.add(await get());
  assertEquals([...seen].sort(), ["1", "2"]);
  assertEquals(server.ready, true);
  await server.stop();
  assertEquals(await listens(server.addr), false);
});

Deno.test("two sharded servers on port 0 have different addresses", async () => {
  const [one, other] = [await group(), await group()];
  assert(one.server.addr.port !== other.server.addr.port);
  await one.server.stop();
  assert(["1", "2"].includes(await other.get()));
  await other.server.stop();
});

Deno.test("an address that a sharded server has is in use for another server", async () => {
  const { server } = await group();
  const { port } = server.addr;
  const other = new Server({ app: () => new Response(), port });
  await assertRejects(() => other.prepare(), Deno.errors.AddrInUse);
  await server.stop();
});

Deno.test("a shard carries content, and its onError responds for a handler that throws", async () => {
  const { server, events, get } = await group();
  const content = "x".repeat(200_000);
  const echo = await fetch(`http://${server.bindAddr}/echo`, { method: "POST", body: content });
  assertEquals(await echo.text(), content);
  assertEquals(await get("/throw"), "sorry: own error");
  assertEquals(events, ["handler-failed"]);
  await server.stop();
});

Deno.test("an uncaught error in a shard is logged, and the shard continues", async () => {
  const { server, events, get } = await group();
  assertEquals(await get("/uncaught"), "thrown");
  while (!events.includes("uncaught-rejection")) await get();
  assert(["1", "2"].includes(await get()));
  await server.stop();
});

Deno.test("what an application in a shard posts and listens to does not reach the server", async () => {
  const { server, events, get } = await group();
  const posted = new Set<string>();
  while (posted.size < 2) posted.add(await get("/post"));
  const shards = [...posted].map(Number);
  await server.reload(); // its messages still reach the old shards
  await until(() => events.length === 2);
  assertEquals(events, ["message-dropped", "message-dropped"]);
  assert(Number(await get()) > Math.max(...shards));
  await server.stop();
});

Deno.test("a shard that ends itself is replaced", async () => {
  const { server, events, log, get } = await group();
  await get("/exit").catch(() => {}); // its connection goes with it
  const seen = new Set<string>();
  for (let i = 0; i < 2_000 && !seen.has("3"); i++) seen.add(await get().catch(() => ""));
  assert(seen.has("3"), `${[...seen]} responded`);
  assertEquals(events, ["shard-ended"]);
  assertEquals(log[0].requests?.map(({ method, target }) => [method, target]), [["GET", "/exit"]]);
  await server.stop();
});

Deno.test("a shard that computes for ever is ended with its connections, named in the log and replaced", async () => {
  const messages: string[] = [];
  const { server, get } = await group({
    workerTimeout: 400,
    onLog: ({ message, workerId }) => messages.push(`${workerId}: ${message}`),
  });
  assertEquals(server.ready, true);
  const streams: Response[] = [];
  for (let i = 0; i < 8; i++) streams.push(await fetch(`http://${server.bindAddr}/wait`));
  const looping = [1, 2].map(() => fetch(`http://${server.bindAddr}/loop`));
  await Promise.all(looping.map((response) => assertRejects(() => response, TypeError)));
  const cut = streams.map(({ body }) => assertRejects(() => body!.getReader().read(), TypeError));
  await Promise.race(cut);
  await until(() => server.ready);
  const served = await get();
  assert(Number(served) > 0, served);
  assertMatch(
    messages[0]!,
    /^(\d): Shard \1 has not come back to its event loop for [4-9]\d\d ms: it is ended with its connections, with GET \/loop \(id [-\w]+\), GET \/wait/,
  );
  await server.stop();
  await Promise.all(cut);
});

Deno.test("a server is not ready while no shard comes back to its event loop", async () => {
  const { server, events, get } = await group({ minWorkers: 1, workerTimeout: 600 });
  const looping = get("/loop").catch(() => "lost");
  await until(() => !server.ready);
  assertEquals(events, []); // half of the time is over
  assertEquals(await looping, "lost");
  await until(() => server.ready);
  assertEquals([await get(), events], ["2", ["worker-timeout"]]);
  await server.stop();
});

Deno.test("a shard in a web Worker that computes is abandoned and replaced", async () => {
  const { server, events, get } = await group({
    minWorkers: 1,
    workerTimeout: 200,
    workerKind: "web",
  });
  const computing = get("/compute").catch(() => "lost");
  await until(() => events.length === 2);
  assertEquals(await get(), "2");
  await computing;
  await until(() => events.length === 3);
  assertEquals(events, ["worker-timeout", "worker-abandoned", "abandoned-worker-ended"]);
  await server.stop();
});

Deno.test("reload replaces all shards and loses no request", async () => {
  const { server, get } = await group();
  let reloaded = false;
  const responses: string[] = [];
  const asking = (async () => {
    while (!reloaded) responses.push(await get());
  })();
  await server.reload();
  reloaded = true;
  await asking;
  assert(responses.every((response) => /^[1-4]$/.test(response)), responses.join());
  for (let i = 0; i < 20; i++) assert(["3", "4"].includes(await get()));
  await server.stop();
});

Deno.test("reload of a server that has stopped is refused and starts no shard", async () => {
  const { server } = await group();
  await server.stop();
  await assertRejects(() => server.reload(), TypeError, "Cannot reload: expected shards that run");
  assertEquals(server.stats.shards, []);
});

Deno.test("reload loses no request of clients that think between their requests", async () => {
  const { server } = await group();
  const { hostname, port } = server.addr;
  const clients = await Promise.all(
    Array.from({ length: 10 }, async () => new RawClient(await Deno.connect({ hostname, port }))),
  );
  const ask = async (client: RawClient) => {
    await client.send(octets("GET / HTTP/1.1|Host: a||"));
    return await client.read();
  };
  for (const client of clients) assertEquals(saysClose(await ask(client)), false);
  await server.reload();
  for (const client of clients) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const response = await ask(client);
    assertEquals([response.status, saysClose(response)], [200, true]);
    await client.expectEnd();
    client.close();
  }
  await server.stop();
  assertEquals(server.stats.requests, 20);
});

Deno.test("stats add up the counts of the shards", async () => {
  const { server, get } = await group();
  for (let i = 0; i < 7; i++) await get();
  await server.stop();
  const { requests, accepts } = server.stats;
  assertEquals([requests, accepts], [7, 7]);
});

Deno.test("stats have the counts and the CPU time of each shard, from the start", async () => {
  const { server, get } = await group();
  assertEquals(server.stats.shards?.length, 2);
  for (let i = 0; i < 7; i++) await get();
  await until(() => server.stats.requests === 7);
  const { shards } = server.stats;
  assertEquals(shards?.map(({ workerId }) => workerId).sort(), [1, 2]);
  assertEquals(shards!.reduce((sum, { requests }) => sum + requests, 0), 7);
  assert(shards!.some(({ cpuTime }) => cpuTime! > 0));
  server.clearStats();
  assertEquals([server.stats.requests, server.stats.accepts], [0, 0]);
  await get();
  await server.stop();
  assertEquals(server.stats.requests, 1);
});

Deno.test("a sharded application that cannot be loaded leaves no address bound", async () => {
  const app = new URL("./fixtures/broken.ts", import.meta.url);
  const server = new Server({ app, mode: "sharded", bind: "127.0.0.1:0", onLog: () => {} });
  const error = await assertRejects(() => server.prepare(), ApplicationLoadError);
  assert(String((error.cause as Error).stack).includes("own error"));
  await server.stop();
});

Deno.test("a sharded application that never loads is an ApplicationLoadError after startTimeout", async () => {
  const app = new URL("./fixtures/endless.ts", import.meta.url);
  const server = new Server({
    app,
    mode: "sharded",
    minWorkers: 2,
    startTimeout: 500,
    bind: "127.0.0.1:0",
    onListen: () => {},
    onLog: () => {},
  });
  await assertRejects(() => server.prepare(), ApplicationLoadError, "did not load in time");
});

Deno.test("mode sharded throws for options that have no meaning there", () => {
  const options = (given: ServerOptions) => ({ app: APP, mode: "sharded", ...given }) as const;
  assertThrows(() => new Server(options({ queueSize: 1 })), TypeError, 'mode "sharded"');
  assertThrows(() => new Server(options({ handlerTimeout: 1 })), TypeError, 'mode "sharded"');
  assertThrows(
    () => new Server(options({ minWorkers: 1, maxWorkers: 2 })),
    RangeError,
    "does not change",
  );
  assertThrows(
    () => new Server({ app: () => new Response(), mode: "sharded" }),
    TypeError,
    "cannot go to another thread",
  );
});
