// Every request row of the tables through the parser alone.

import { assertEquals } from "@std/assert";
import { assertOutcome } from "./compare.ts";
import { deliveries, type Delivery } from "./deliveries.ts";
import { parseAll } from "./parser_runner.ts";
import { needsEnd, octets, outcomes, type Row } from "./row.ts";
import { requestRows } from "./tables.ts";

/** Longest row that is also sent in pieces of every size. */
const LONGEST_CUT_EVERYWHERE = 400;

for (const [table, row] of requestRows) {
  if (row.serverOnly) continue;
  Deno.test(`${table} (parser): ${row.name}`, () => {
    for (const delivery of deliveries(row, needsEnd(row))) run(row, delivery);
    const wire = octets(row.wire);
    if (wire.length > LONGEST_CUT_EVERYWHERE) return;
    for (let at = 1; at < wire.length; at++) {
      run(row, { name: `${at} octets at a time`, wire, step: at, expected: outcomes(row) });
    }
  });
}

function run(row: Row, { name, wire, step, expected }: Delivery): void {
  const seen = parseAll(wire, step, row.options);
  for (const [index, outcome] of expected.entries()) {
    const where = `${name}, request ${index + 1} (${row.clause})`;
    assertOutcome(seen[index] ?? { error: "nothing" }, outcome, where);
  }
  const byServer = expected.some((outcome) => "serverResponse" in outcome);
  if (!byServer) assertEquals(seen.length, expected.length, `${name}: requests`);
}
