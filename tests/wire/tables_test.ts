// What the tables promise about themselves: enough rows, each said once, and every row of the comparison
// with Cheroot among them.

import { assert, assertEquals } from "@std/assert";
import { dialogues, requestRows, responseRows } from "./tables.ts";

/** Rows of the tables of part B of the comparison with Cheroot. */
const CHEROOT_ROWS: Readonly<Record<string, number>> = {
  B1: 30, // request line
  B2: 12, // field section
  B3: 22, // content framing
  B4: 4, // Expect
  B5: 11, // persistence
  B6: 15, // responses
};

const specimens = [...requestRows.map(([, row]) => row), ...responseRows, ...dialogues];

Deno.test("the request tables have at least 300 rows that run against every runner", () => {
  const shared = requestRows.filter(([, row]) => row.serverOnly === undefined);
  assert(shared.length >= 300, `${shared.length} rows`);
});

Deno.test("no two specimens have the same name", () => {
  const names = specimens.map(({ name }) => name);
  const repeated = names.filter((name, at) => names.indexOf(name) !== at);
  assertEquals(repeated, []);
});

Deno.test("no two rows of requests send the same octets with the same options", () => {
  const seen = requestRows.map(([, row]) => JSON.stringify([row.wire, row.options]));
  const repeated = requestRows.filter((_, at) => seen.indexOf(seen[at]) !== at);
  assertEquals(repeated.map(([, { name }]) => name), []);
});

Deno.test("every specimen names the clause that asks for it", () => {
  const clause = /^(RFC \d{4} §\d+(\.\d+)*|DESIGN \d\.\d)/;
  assertEquals(specimens.filter((row) => !clause.test(row.clause)).map(({ name }) => name), []);
});

Deno.test("every row of the comparison with Cheroot has a specimen", () => {
  const covered = new Set(specimens.map(({ cheroot }) => cheroot));
  const wanted = Object.entries(CHEROOT_ROWS).flatMap(([table, rows]) =>
    Array.from({ length: rows }, (_, at) => `${table}.${at + 1}`)
  );
  assertEquals(wanted.filter((row) => !covered.has(row)), []);
  covered.delete(undefined);
  assertEquals([...covered].filter((row) => !wanted.includes(row!)), []);
});
