// Every row and every dialogue of the tables over connections in memory. Where a row is sent octet by
// octet, no more than an octet fits into either direction, so each write of the server waits for its
// reader.

import { assert, assertEquals } from "@std/assert";
import { MemoryServer } from "../support/memory_server.ts";
import { RawClient } from "../support/raw_client.ts";
import { deliveries } from "./deliveries.ts";
import { type Dialogue, runDialogue } from "./dialogue.ts";
import { RecordingApp } from "./recording_app.ts";
import { runResponseRow } from "./response_runner.ts";
import type { ResponseRow } from "./response_row.ts";
import { needsEnd, type Row } from "./row.ts";
import { runDelivery } from "./server_runner.ts";
import { dialogues, requestRows, responseRows } from "./tables.ts";

for (const [table, row] of requestRows) {
  Deno.test(`${table} (memory): ${row.name}`, () => runRow(row));
}

for (const row of responseRows) {
  Deno.test(`responses (memory): ${row.name}`, () => runResponse(row));
  Deno.test(`responses (memory, little room): ${row.name}`, () => runResponse(row, 64));
}

for (const dialogue of dialogues) {
  Deno.test(`dialogue (memory): ${dialogue.name}`, () => holdDialogue(dialogue));
}

async function runRow(row: Row): Promise<void> {
  const app = new RecordingApp();
  await using server = new MemoryServer(app.handler, row.options);
  for (const delivery of deliveries(row, needsEnd(row))) {
    const stream = server.connect(Number.isFinite(delivery.step) ? delivery.step : undefined);
    await runDelivery(stream, { requests: app, log: server.log }, row, delivery);
    await server.closed();
    assertEquals(server.clock.running, 0, "the sweep runs without connections");
  }
  assertEquals(server.idle, 0);
}

async function runResponse(row: ResponseRow, capacity?: number): Promise<void> {
  await using server = new MemoryServer(row.app, row.options);
  await runResponseRow(() => server.connect(capacity), server.log, row);
  await server.closed();
}

async function holdDialogue(dialogue: Dialogue): Promise<void> {
  await using server = new MemoryServer(dialogue.app, dialogue.options);
  const stream = server.connect();
  using client = new RawClient(stream);
  await runDialogue(client, server.log, dialogue, { stream, clock: server.clock });
  client.close();
  await server.closed();
  assertEquals(server.clock.running, 0, "the sweep runs without connections");
  assertEquals(server.idle, 0);
  assert(server.log.every(({ level }) => level !== "error"), JSON.stringify(server.log));
}
