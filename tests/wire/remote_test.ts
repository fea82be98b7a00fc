// Every row of the tables over real sockets where handlers run in workers: a pool of either kind, and
// shards. What a client sees does not depend on that.

import type { ServerOptions } from "../../src/options/server_options.ts";
import { RawClient } from "../support/raw_client.ts";
import { deliveries } from "./deliveries.ts";
import { hold, isTimeless } from "./dialogue.ts";
import { REMOTE_MODES, RemoteServer } from "./remote_server.ts";
import { runResponseRow } from "./response_runner.ts";
import { needsEnd } from "./row.ts";
import { runDelivery } from "./server_runner.ts";
import { dialogues, requestRows, responseRows } from "./tables.ts";

/** A row made ready to be run. */
interface Specimen {
  readonly name: string;
  readonly options?: ServerOptions;
  readonly notInPool?: string;
  run(server: RemoteServer): Promise<void>;
}

const requests = requestRows.map(([table, row]): Specimen => ({
  name: `${table}: ${row.name}`,
  options: row.options,
  async run(server) {
    await server.use({ table: "facts", row: 0 });
    // How octets are cut concerns the connection alone, which is the same everywhere.
    for (const delivery of deliveries(row, needsEnd(row)).filter(({ step }) => step === Infinity)) {
      const served = { reception: server, log: server.log };
      await runDelivery(await server.connect(), served, row, delivery);
    }
  },
}));

const responses = responseRows.map((row, index): Specimen => ({
  name: row.name,
  options: row.options,
  notInPool: row.notInPool,
  async run(server) {
    await server.use({ table: "responses", row: index });
    await runResponseRow(() => server.connect(), server.log, row);
  },
}));

const timeless = dialogues.flatMap((dialogue, index): Specimen[] =>
  !isTimeless(dialogue) ? [] : [{
    name: dialogue.name,
    options: dialogue.options,
    async run(server) {
      await server.use({ table: "dialogues", row: index });
      using client = new RawClient(await server.connect());
      await hold(client, server.log, dialogue);
    },
  }]
);

for (const [where, mode] of Object.entries(REMOTE_MODES)) {
  for (const [what, specimens] of Object.entries({ requests, responses, dialogues: timeless })) {
    Deno.test(`${what}: all rows where handlers run in ${where}`, async () => {
      const failures: string[] = [];
      const apt = specimens.filter(({ notInPool }) => mode.mode !== "pool" || !notInPool);
      for (const [options, group] of byOptions(apt)) {
        await using server = await RemoteServer.start(mode, options);
        for (const { name, run } of group) {
          await run(server).catch((error) => failures.push(`${name}: ${error}`));
        }
      }
      if (failures.length > 0) throw new Error(failures.join("\n\n"));
    });
  }
}

/** Specimens by their options, which functions make no difference to: these stay with the row. */
function byOptions(specimens: readonly Specimen[]): [ServerOptions, Specimen[]][] {
  const groups = Object.groupBy(specimens, ({ options = {} }) => JSON.stringify(options));
  return Object.values(groups).map((group) => [group![0].options ?? {}, group!]);
}
