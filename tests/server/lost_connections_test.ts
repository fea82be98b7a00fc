// Clients that leave before their connection is accepted, as health checks do that only test whether a port
// is open.

import { assertEquals } from "@std/assert";
import { connect } from "node:net";
import { once } from "node:events";
import type { LogEvent } from "../../src/log/log_event.ts";
import { quiet, textOf } from "./serving.ts";

Deno.test("clients that reset before they are accepted are no error, and hold up no other", async () => {
  const log: LogEvent[] = [];
  await using server = quiet({ onLog: (event) => log.push(event), onListen: () => {} });
  await server.prepare(); // connections wait in the kernel
  for (let i = 0; i < 20; i++) {
    const socket = connect(server.addr.port, server.addr.hostname);
    await once(socket, "connect");
    const closed = once(socket, "close");
    socket.resetAndDestroy();
    await closed;
  }
  const serving = server.serve();
  const before = performance.now();
  assertEquals(await textOf(server), "hello");
  // With a pause after each, the last ones would be waited for a second each.
  assertEquals(performance.now() - before < 2_000, true);
  await server.stop();
  await serving;
  const lost = log.filter(({ event }) => event === "connection-lost");
  assertEquals([lost.length, log.length], [20, 20]);
  assertEquals(new Set(lost.map(({ level }) => level)), new Set(["debug" as const]));
});
