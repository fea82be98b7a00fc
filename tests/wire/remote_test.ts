// Every row of the tables over real sockets, with handlers in workers: in a pool of each kind and in
// shards. A client must see the same in all of them.

import type { ServerOptions } from "../../src/options/server_options.ts";
import { RawClient } from "../support/raw_client.ts";
import { inLanes } from "../support/in_lanes.ts";
import { deliveries } from "./deliveries.ts";
import { runDialogue, runsOverSockets } from "./dialogue.ts";
import { REMOTE_MODES, RemoteServer } from "./remote_server.ts";
import { runResponseRow } from "./response_runner.ts";
import { needsEnd } from "./row.ts";
import { runDelivery } from "./server_runner.ts";
import { dialogues, requestRows, responseRows } from "./tables.ts";

/** A row that is ready to run. */
interface RunnableRow {
  readonly name: string;
  readonly options?: ServerOptions;
  readonly notInPool?: string;
  run(server: RemoteServer): Promise<void>;
}

const requests = requestRows.map(([table, row]): RunnableRow => ({
  name: `${table}: ${row.name}`,
  options: row.options,
  async run(server) {
    await server.use({ table: "recording", row: 0 });
    // Only the connection sees how octets are cut, and it is the same in every mode.
    for (const delivery of deliveries(row, needsEnd(row)).filter(({ step }) => step === Infinity)) {
      const recorded = { requests: server, log: server.log };
      await runDelivery(await server.connect(), recorded, row, delivery);
    }
  },
}));

const responses = responseRows.map((row, index): RunnableRow => ({
  name: row.name,
  options: row.options,
  notInPool: row.notInPool,
  async run(server) {
    await server.use({ table: "responses", row: index });
    await runResponseRow(() => server.connect(), server.log, row);
  },
}));

const overSockets = dialogues.flatMap((dialogue, index): RunnableRow[] =>
  !runsOverSockets(dialogue) ? [] : [{
    name: dialogue.name,
    options: dialogue.options,
    async run(server) {
      await server.use({ table: "dialogues", row: index });
      using client = new RawClient(await server.connect());
      await runDialogue(client, server.log, dialogue);
    },
  }]
);

for (const [where, mode] of Object.entries(REMOTE_MODES)) {
  for (const [what, rows] of Object.entries({ requests, responses, dialogues: overSockets })) {
    Deno.test(`${what}: all rows with handlers in ${where}`, async () => {
      const failures: string[] = [];
      const applicable = rows.filter(({ notInPool }) => mode.mode !== "pool" || !notInPool);
      const lanes = what === "dialogues" ? 1 : 4; // some dialogues are about time
      await inLanes(lanes, byOptions(applicable), async ([options, group]) => {
        await using server = await RemoteServer.start(mode, options);
        for (const { name, run } of group) {
          await run(server).catch((error) => failures.push(`${name}: ${error}`));
        }
      });
      if (failures.length > 0) throw new Error(failures.join("\n\n"));
    });
  }
}

/** Most rows that share a server; rows of different servers run at the same time. */
const GROUP = 100;

/** Rows by their options. Functions do not count: the worker takes them from the row. */
function byOptions(rows: readonly RunnableRow[]): [ServerOptions, RunnableRow[]][] {
  const groups = Object.groupBy(rows, ({ options = {} }) => JSON.stringify(options));
  return Object.values(groups).flatMap((group) =>
    Array.from({ length: Math.ceil(group!.length / GROUP) }, (_, index) => {
      const part = group!.slice(index * GROUP, (index + 1) * GROUP);
      return [part[0].options ?? {}, part] satisfies [ServerOptions, RunnableRow[]];
    })
  );
}
