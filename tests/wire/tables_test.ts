// The tables are complete: enough rows, no row twice, a clause for each, and a row for every behaviour of
// Cheroot that was compared.

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../support/root.ts";
import { dialogues, requestRows, responseRows } from "./tables.ts";

/** Number of compared behaviours of Cheroot by group. `Row.cheroot` names them as `B1.1` to `B6.15`;
 * docs/http.md lists those that differ here. */
const CHEROOT_ROWS: Readonly<Record<string, number>> = {
  B1: 30, // request line
  B2: 12, // field section
  B3: 22, // content framing
  B4: 4, // Expect
  B5: 11, // persistence
  B6: 15, // responses
};

const cases = [...requestRows.map(([, row]) => row), ...responseRows, ...dialogues];

Deno.test("at least 300 request rows run with every runner", () => {
  const shared = requestRows.filter(([, row]) => row.serverOnly === undefined);
  assert(shared.length >= 300, `${shared.length} rows`);
});

Deno.test("no two cases have the same name", () => {
  const names = cases.map(({ name }) => name);
  const repeated = names.filter((name, at) => names.indexOf(name) !== at);
  assertEquals(repeated, []);
});

Deno.test("no two rows of requests send the same octets with the same options", () => {
  const seen = requestRows.map(([, row]) => JSON.stringify([row.wire, row.options]));
  const repeated = requestRows.filter((_, at) => seen.indexOf(seen[at]) !== at);
  assertEquals(repeated.map(([, { name }]) => name), []);
});

Deno.test("every case names a public clause, or a page of docs/ and an option on it", () => {
  const isClause = (clause: string) => {
    if (/^RFC \d{3,4} §\d+(\.\d+)*(, erratum \d+)?$/.test(clause)) return true;
    const [, page, option] = /^(docs\/\w+\.md) (\w+)$/.exec(clause) ?? [];
    return page !== undefined && textOf(page).includes(`\`${option}\``);
  };
  assertEquals(cases.filter(({ clause }) => !isClause(clause)).map(({ name }) => name), []);
});

Deno.test("every compared behaviour of Cheroot has a case", () => {
  const covered = new Set(cases.map(({ cheroot }) => cheroot));
  const wanted = Object.entries(CHEROOT_ROWS).flatMap(([table, rows]) =>
    Array.from({ length: rows }, (_, at) => `${table}.${at + 1}`)
  );
  assertEquals(wanted.filter((row) => !covered.has(row)), []);
  covered.delete(undefined);
  assertEquals([...covered].filter((row) => !wanted.includes(row!)), []);
});

function textOf(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}
