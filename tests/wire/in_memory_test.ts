// Every row of the tables against connections in memory. Where a row is sent octet by octet, no more
// than an octet fits into either direction, so each of the server's writes has to wait for its reader.

import { assertEquals } from "@std/assert";
import { MemoryServer } from "../support/memory_server.ts";
import { deliveries } from "./cuts.ts";
import { Reception } from "./facts.ts";
import { needsEnd, type Row } from "./row.ts";
import { runDelivery } from "./server_runner.ts";
import { requestRows } from "./tables.ts";

for (const [table, row] of requestRows) {
  Deno.test(`${table} (memory): ${row.name}`, () => run(row));
}

async function run(row: Row): Promise<void> {
  const reception = new Reception();
  await using server = new MemoryServer(reception.handler, row.options);
  for (const delivery of deliveries(row, needsEnd(row))) {
    const stream = server.connect(Number.isFinite(delivery.step) ? delivery.step : undefined);
    await runDelivery(stream, { reception, log: server.log }, row, delivery);
    await server.closed();
    assertEquals(server.clock.running, 0, "the sweep goes on without connections");
  }
  assertEquals(server.idle, 0);
}
