// docs/comparison.md has a source for each claim of README's table about another server, and a test for each
// about Robusto.

import { assert, assertEquals } from "@std/assert";
import { DEFAULTS } from "../../mod.ts";
import { ROOT } from "../support/root.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const page = read("docs/comparison.md");
const ours = rowsOf(read("README.md"), "Robusto");
const sources = rowsOf(page, "Robusto, held by");

Deno.test("each row of README's table has its row in docs/comparison.md", () => {
  assertEquals([...sources.keys()].filter((row) => row !== "row"), [...ours.keys()]);
});

Deno.test("each claim about another server has a source", () => {
  for (const [row, cells] of sources) {
    for (const cell of cells.slice(0, 4)) {
      const [, label] = /^\[[^\]]+\](?=\[)?(?:\[([^\]]+)\])?/.exec(cell) ?? [];
      const name = label ?? /^\[([^\]]+)\]/.exec(cell)?.[1];
      assert(page.includes(`\n[${name}]: https://`), `${row}: ${cell} has no source`);
    }
  }
});

Deno.test("each claim about Robusto has a test", () => {
  for (const [row, cells] of sources) {
    const tests = [...cells[4].matchAll(/`(tests\/[\w/.]+)`/g)];
    assert(tests.length > 0, `${row} has no test`);
    for (const [, path] of tests) assert(Deno.statSync(new URL(path, ROOT)).isFile, path);
  }
  assertEquals(ours.get("limit of content by default")!.at(-1), "100 MiB");
  assertEquals(DEFAULTS.maxContentSize, 100 * 1024 ** 2);
});

/** The rows of the table whose last column has this name: the first cell, and those behind it. */
function rowsOf(text: string, last: string): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  let isInside = false;
  for (const line of text.split("\n")) {
    const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
    if (cells.length === 0) isInside = false;
    else if (cells.at(-1) === last) isInside = true;
    else if (isInside && !/^-*$/.test(cells[0])) rows.set(cells[0], cells.slice(1));
  }
  return rows;
}
