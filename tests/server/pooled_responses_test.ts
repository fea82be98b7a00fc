// The one event that ends each response, with the application in a pool: every outcome that the pool or a
// worker causes. The workers are real, the connections are in memory.

import { assert, assertEquals } from "@std/assert";
import type { FinishedResponse, Outcome } from "../../src/exchange/finished_response.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { Gate, until } from "../pool/pool_site.ts";
import { MemoryServer } from "../support/memory_server.ts";
import { RawClient } from "../support/raw_client.ts";
import { octets } from "../wire/row.ts";

/** Starts a server with one worker.
 *
 * @param name file of the fixture
 * @param options options that differ */
async function pooled(name: string, options: ServerOptions = {}): Promise<MemoryServer> {
  const url = new URL(`../pool/fixtures/${name}`, import.meta.url);
  const server = new MemoryServer(url, { minWorkers: 1, maxWorkers: 1, ...options });
  await server.start();
  return server;
}

function connect(server: MemoryServer): RawClient {
  return new RawClient(server.connect());
}

async function finished(server: MemoryServer, count = 1): Promise<readonly FinishedResponse[]> {
  await until(() => server.finished.length >= count);
  return server.finished;
}

interface Row {
  readonly name: string;
  readonly path: string;
  readonly status: number | undefined;
  readonly outcome: Outcome;
  /** Whether the response is cut. */
  readonly cut?: true;
  readonly options?: ServerOptions;
}

const deadline = { handlerTimeout: 100 };

const rows: readonly Row[] = [
  { name: "responds", path: "/ok", status: 200, outcome: "complete" },
  { name: "throws", path: "/throw", status: 500, outcome: "failed" },
  { name: "rejects", path: "/throw-later", status: 500, outcome: "failed" },
  { name: "gives no Response", path: "/no-response", status: 500, outcome: "failed" },
  { name: "fails in its stream", path: "/stream-error", status: 200, outcome: "failed", cut: true },
  { name: "exits", path: "/exit", status: 500, outcome: "killed" },
  {
    name: "exits in its stream",
    path: "/stream-then-exit",
    status: 200,
    outcome: "killed",
    cut: true,
  },
  { name: "hangs", path: "/hang", status: 504, outcome: "timed-out", options: deadline },
  {
    name: "computes for ever",
    path: "/loop",
    status: 504,
    outcome: "timed-out",
    options: deadline,
  },
];

for (const { name, path, status, outcome, cut = false, options } of rows) {
  Deno.test(`a handler that ${name} in a worker finishes as ${outcome}`, async () => {
    await using server = await pooled("faults.ts", options);
    using client = connect(server);
    await client.send(octets(`GET ${path} HTTP/1.1|Host: a||`));
    if (cut) await client.expectCut();
    else assertEquals((await client.read()).status, status);
    const [response] = await finished(server);
    assertEquals([response.status, response.outcome, response.cut], [status, outcome, cut]);
    assertEquals([response.workerId, response.request.head?.target.raw], [1, path]);
    assertEquals(server.counters.aborted, cut ? 1 : 0);
    client.close();
    await server.closed();
    assertEquals(server.finished.length, 1);
  });
}

Deno.test("a stream past responseTimeout finishes as timed out", async () => {
  using gate = new Gate();
  await using server = await pooled("content.ts", { responseTimeout: 100 });
  using client = connect(server);
  await client.send(octets(`GET ${gate.target("/endless")} HTTP/1.1|Host: a||`));
  await client.expectCut();
  const [{ status, outcome, cut }] = await finished(server);
  assertEquals([status, outcome, cut], [200, "timed-out", true]);
});

Deno.test("a request that finds the queue full, or waits too long, finishes as refused", async () => {
  using gate = new Gate();
  await using server = await pooled("faults.ts", {
    exchangesPerWorker: 1,
    queueSize: 1,
    queueTimeout: 200,
  });
  const clients = Array.from({ length: 3 }, () => connect(server));
  const [running, waiting, rejected] = clients;
  await running.send(octets(`GET ${gate.target("/wait")} HTTP/1.1|Host: a||`));
  await gate.reached();
  await waiting.send(octets("GET /waiting HTTP/1.1|Host: a||"));
  await until(() => server.counters.requests === 2);
  await rejected.send(octets("GET /rejected HTTP/1.1|Host: a||"));
  assertEquals((await rejected.read()).status, 503);
  assertEquals((await waiting.read()).status, 503);
  const [first, second] = await finished(server, 2);
  for (const [response, target] of [[first, "/rejected"], [second, "/waiting"]] as const) {
    const { request, status, outcome, workerId, handlerTime, cut } = response;
    assertEquals([request.head?.target.raw, status, outcome], [target, 503, "refused"]);
    assertEquals([workerId, handlerTime, cut], [undefined, 0, false]);
  }
  assertEquals(first.queueTime, 0);
  assert(second.queueTime >= 200, `${second.queueTime} ms`);
  assertEquals(server.counters.refused, 0); // not the client's fault
  gate.open();
  assertEquals((await running.read()).status, 200);
  const [, , third] = await finished(server, 3);
  assertEquals([third.status, third.outcome, third.workerId], [200, "complete", 1]);
  for (const client of clients) client.close();
});

Deno.test("a client that leaves the queue finishes as client-left", async () => {
  using gate = new Gate();
  await using server = await pooled("faults.ts", { exchangesPerWorker: 1 });
  using running = connect(server);
  await running.send(octets(`GET ${gate.target("/wait")} HTTP/1.1|Host: a||`));
  await gate.reached();
  const waiting = server.connect();
  await waiting.write(octets("GET /waiting HTTP/1.1|Host: a||"));
  await until(() => server.counters.requests === 2);
  waiting.reset();
  const [{ status, outcome, workerId, handlerTime }] = await finished(server);
  assertEquals([status, outcome, workerId, handlerTime], [undefined, "client-left", undefined, 0]);
  gate.open();
  await running.read();
});

Deno.test("a client that leaves while a worker runs its handler finishes as client-left", async () => {
  using gate = new Gate();
  await using server = await pooled("faults.ts");
  const client = server.connect();
  await client.write(octets(`GET ${gate.target("/wait")} HTTP/1.1|Host: a||`));
  await gate.reached();
  client.reset();
  const [{ status, outcome, workerId }] = await finished(server);
  assertEquals([status, outcome, workerId], [undefined, "client-left", 1]);
  gate.open();
});

Deno.test("faulty content finishes as refused, read by the pool and by a worker", async () => {
  const faulty = {
    "before the hand-over": "POST /read HTTP/1.1|Host: a|Content-Length: 5||abc",
    "in the worker": "POST /read HTTP/1.1|Host: a|Transfer-Encoding: chunked||z|",
  };
  for (const [name, wire] of Object.entries(faulty)) {
    await using server = await pooled("faults.ts");
    using client = connect(server);
    await client.send(octets(wire));
    await client.half();
    assertEquals((await client.read()).status, 400, name);
    const [{ status, outcome, fault }] = await finished(server);
    assertEquals([status, outcome, fault?.status], [400, "refused", 400], name);
    assertEquals(server.counters.refused, 1, name);
  }
});

Deno.test("a server that stops at once finishes what a worker runs as killed", async () => {
  using gate = new Gate();
  await using server = await pooled("faults.ts");
  using client = connect(server);
  await client.send(octets(`GET ${gate.target("/wait")} HTTP/1.1|Host: a||`));
  await gate.reached();
  server.abort();
  const [{ status, outcome }] = await finished(server);
  assertEquals([status, outcome], [undefined, "killed"]);
  await server.closed();
  assertEquals(server.finished.length, 1);
  gate.open();
});
