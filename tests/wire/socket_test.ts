// Every row of the tables over real sockets, and every dialogue in which only the order of events
// matters.

import type { ApplicationValue } from "../../src/application/application.ts";
import type { LogEvent } from "../../src/log/log_event.ts";
import type { ServerOptions } from "../../src/options/server_options.ts";
import { serve } from "../../src/server/serve.ts";
import type { Server } from "../../src/server/server.ts";
import { RawClient } from "../support/raw_client.ts";
import { deliveries } from "./deliveries.ts";
import { type Dialogue, runDialogue, runsOverSockets } from "./dialogue.ts";
import { RecordingApp } from "./recording_app.ts";
import { runResponseRow } from "./response_runner.ts";
import type { ResponseRow } from "./response_row.ts";
import { needsEnd, type Row } from "./row.ts";
import { runDelivery } from "./server_runner.ts";
import { dialogues, requestRows, responseRows } from "./tables.ts";

for (const [table, row] of requestRows) {
  Deno.test(`${table} (socket): ${row.name}`, () => runRow(row));
}

for (const row of responseRows) {
  Deno.test(`responses (socket): ${row.name}`, () => runResponse(row));
}

for (const dialogue of dialogues.filter(runsOverSockets)) {
  Deno.test(`dialogue (socket): ${dialogue.name}`, () => holdDialogue(dialogue));
}

async function runRow(row: Row): Promise<void> {
  const app = new RecordingApp();
  const log: LogEvent[] = [];
  await using server = serveLogged(app.handler, row.options, log);
  for (const delivery of deliveries(row, needsEnd(row))) {
    const conn = await connect(server);
    conn.setNoDelay(true);
    await runDelivery(conn, { requests: app, log }, row, delivery);
  }
}

async function runResponse(row: ResponseRow): Promise<void> {
  const log: LogEvent[] = [];
  await using server = serveLogged(row.app, row.options, log);
  await runResponseRow(() => connect(server), log, row);
}

async function holdDialogue(dialogue: Dialogue): Promise<void> {
  const log: LogEvent[] = [];
  await using server = serveLogged(dialogue.app, dialogue.options, log);
  using client = new RawClient(await connect(server));
  await runDialogue(client, log, dialogue);
}

function serveLogged(
  app: ApplicationValue,
  options: ServerOptions | undefined,
  log: LogEvent[],
): Server {
  return serve(app, { ...options, port: 0, onListen() {}, onLog: (event) => void log.push(event) });
}

function connect(server: Server): Promise<Deno.TcpConn> {
  const { hostname, port } = server.addr;
  return Deno.connect({ hostname, port });
}
