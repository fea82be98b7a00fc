// What applications answer, as it arrives at a client: over connections in memory and over sockets.

import type { LogEvent } from "../../src/log/log_event.ts";
import { serve } from "../../src/server/serve.ts";
import { MemoryServer } from "../support/memory_server.ts";
import { runResponseRow } from "./response_runner.ts";
import { responseRows } from "./tables.ts";

for (const row of responseRows) {
  Deno.test(`responses (memory): ${row.name}`, async () => {
    await using server = new MemoryServer(row.app, row.options);
    await runResponseRow(() => server.connect(), server.log, row);
    await server.closed();
  });

  Deno.test(`responses (memory, little room): ${row.name}`, async () => {
    await using server = new MemoryServer(row.app, row.options);
    await runResponseRow(() => server.connect(64), server.log, row);
    await server.closed();
  });

  Deno.test(`responses (socket): ${row.name}`, async () => {
    const log: LogEvent[] = [];
    await using server = serve(row.app, {
      ...row.options,
      port: 0,
      onListen() {},
      onLog: (event) => void log.push(event),
    });
    const { hostname, port } = server.addr;
    await runResponseRow(() => Deno.connect({ hostname, port }), log, row);
  });
}
