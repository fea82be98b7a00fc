// The counters of a server, and the listeners of finished responses.

import { assert, assertEquals } from "@std/assert";
import { toTree } from "../../src/application/application_tree.ts";
import type { FinishedResponse } from "../../src/exchange/finished_response.ts";
import { resolveOptions } from "../../src/options/resolve_options.ts";
import { createServerContext } from "../../src/server/server_context.ts";
import { GET, quiet } from "./serving.ts";
import { turn } from "../support/latch.ts";
import { Site } from "../support/site.ts";
import { octets } from "../wire/row.ts";

Deno.test("stats count connections, requests, rejections and octets", async () => {
  await using site = new Site((request) => {
    if (request.url.endsWith("/bad")) throw new Error("secret");
    return new Response("hello");
  });
  const { server } = site;
  const client = await site.connect();
  await client.send(octets(GET + GET));
  await client.read();
  await client.read();
  let { stats } = server;
  assertEquals([stats.ready, stats.accepts, stats.connections], [true, 1, 1]);
  assertEquals([stats.requests, stats.refused, stats.aborted], [2, 0, 0]);
  assertEquals(stats.idleConnections, 1);

  await client.send(octets("nonsense|"));
  assertEquals((await client.read()).status, 400);
  await client.expectEnd();
  client.close();
  while (server.stats.connections > 0) await turn();
  ({ stats } = server);
  assertEquals([stats.connections, stats.idleConnections, stats.refused], [0, 0, 1]);
  assertEquals(stats.bytesRead, octets(GET + GET + "nonsense|").length);
  assert(stats.bytesWritten > 3 * 100);
  assertEquals(stats.socketErrors, 0);

  server.clearStats();
  stats = server.stats;
  assertEquals([stats.accepts, stats.requests, stats.refused, stats.bytesRead], [0, 0, 0, 0]);
  await site.ask(GET);
  assertEquals(server.stats.requests, 1);
});

Deno.test("runtime grows while a server is ready", async () => {
  const server = quiet();
  assertEquals(server.runtime(), 0);
  await server.prepare();
  const before = server.runtime();
  await turn();
  const after = server.runtime();
  assert(after > before && before >= 0, `${before}, then ${after}`);
  await server.stop();
  const stopped = server.runtime();
  await turn();
  assertEquals([server.runtime(), server.stats.runtime], [stopped, stopped]);
});

Deno.test("a listener that throws costs no client its connection, and no other listener an event", () => {
  const heard: FinishedResponse[] = [];
  const context = createServerContext(toTree(() => new Response()), resolveOptions(), {
    isStopping: () => false,
    isShared: () => false,
  }, {
    onFinished: [
      () => {
        throw new Error("own");
      },
      (response) => heard.push(response),
    ],
  });
  context.finished({ cut: true } as FinishedResponse);
  assertEquals([heard.length, context.counters.aborted], [1, 1]);
});
