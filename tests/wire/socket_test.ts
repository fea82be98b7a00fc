// Every row of the tables against a real server over real sockets.

import type { LogEvent } from "../../src/log/log_event.ts";
import { serve } from "../../src/server/serve.ts";
import { deliveries } from "./cuts.ts";
import { Reception } from "./facts.ts";
import { needsEnd, type Row } from "./row.ts";
import { runDelivery } from "./server_runner.ts";
import { requestRows } from "./tables.ts";

for (const [table, row] of requestRows) {
  Deno.test(`${table} (socket): ${row.name}`, () => run(row));
}

async function run(row: Row): Promise<void> {
  const reception = new Reception();
  const log: LogEvent[] = [];
  await using server = serve(reception.handler, {
    ...row.options,
    port: 0,
    onListen() {},
    onLog: (event) => void log.push(event),
  });
  for (const delivery of deliveries(row, needsEnd(row))) {
    const conn = await Deno.connect({ hostname: server.addr.hostname, port: server.addr.port });
    conn.setNoDelay(true);
    await runDelivery(conn, { reception, log }, row, delivery);
  }
}
