// The dialogues over connections in memory, and, where nothing but the order matters, over sockets.

import { assert, assertEquals } from "@std/assert";
import type { LogEvent } from "../../src/log/log_event.ts";
import { serve } from "../../src/server/serve.ts";
import { MemoryServer } from "../support/memory_server.ts";
import { RawClient } from "../support/raw_client.ts";
import { type Dialogue, hold, isTimeless } from "./dialogue.ts";
import { dialogues } from "./tables.ts";

for (const dialogue of dialogues) {
  Deno.test(`dialogue (memory): ${dialogue.name}`, () => inMemory(dialogue));
  if (isTimeless(dialogue)) {
    Deno.test(`dialogue (socket): ${dialogue.name}`, () => overSocket(dialogue));
  }
}

async function inMemory(dialogue: Dialogue): Promise<void> {
  await using server = new MemoryServer(dialogue.app, dialogue.options);
  const stream = server.connect();
  using client = new RawClient(stream);
  await hold(client, server.log, dialogue, { stream, clock: server.clock });
  client.close();
  await server.closed();
  assertEquals(server.clock.running, 0, "the sweep goes on without connections");
  assertEquals(server.idle, 0);
  assert(server.log.every(({ level }) => level !== "error"), JSON.stringify(server.log));
}

async function overSocket(dialogue: Dialogue): Promise<void> {
  const log: LogEvent[] = [];
  await using server = serve(dialogue.app, {
    ...dialogue.options,
    port: 0,
    onListen() {},
    onLog: (event) => void log.push(event),
  });
  const { hostname, port } = server.addr;
  using client = new RawClient(await Deno.connect({ hostname, port }));
  await hold(client, log, dialogue);
}
