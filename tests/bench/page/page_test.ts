// Tests of the page of the benches: it is made of fixed results as expected, and docs/performance.md is what
// its template and the kept results make.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ROOT } from "../../support/root.ts";
import { type Measurement, mergeResults, type Results } from "../results.ts";
import { MODES } from "../suites/realistic.ts";
import { SUITES } from "../suites.ts";
import { WORKS } from "../works/works.ts";
import { chartFiles, pageFiles } from "./files.ts";
import { goalTable } from "./goals.ts";
import { renderPage } from "./page.ts";
import { geometricMean, modeMean, workRatios } from "./ratios.ts";
import { byGroup, tableOf } from "./table.ts";

const RUN = "2026-01-02T03:04:05.000Z";
const ENVIRONMENT = {
  date: "2026-01-02",
  cpu: "Some CPU",
  cores: 2,
  memory: 8,
  system: "Linux 6.1",
  versions: { Deno: "2.9.6", Go: null },
};
const MARKS = SUITES.map(({ name }) => `{{suite ${name}}}`).join("\n\n");

/** Robusto's rates in two rounds against 100 of the base. */
function measured(work: string, rates: readonly [number, number], seconds = 2): Measurement {
  const numbers = (rate: readonly number[]) => ({
    requestsPerSecond: rate,
    cpuPerRequest: rate.map((each) => 1000 / each),
    p50: [1, 1],
    p99: [2, 4],
    peakMemory: [50, 60],
  });
  return {
    group: "inline",
    label: work,
    base: "Deno.serve",
    candidates: [
      { name: "Deno.serve", numbers: numbers([100, 100]) },
      { name: "robusto", numbers: numbers(rates) },
    ],
    seconds,
    run: RUN,
  };
}

const RESULTS: Results = {
  runs: { [RUN]: ENVIRONMENT },
  suites: {
    realistic: WORKS.map(({ name }, i) => measured(name, i === 0 ? [50, 150] : [40, 60])),
  },
};

Deno.test("a table has medians, extremes, and ratios within rounds", () => {
  const { columns } = SUITES.find(({ name }) => name === "realistic")!;
  assertEquals(
    tableOf([measured("hello", [50, 150])], columns),
    `\
| work  | server     | requests/s | CPU µs | p50, ms | p99, ms | peak MiB | ratio to Deno.serve | min to max   | CPU ratio |
| ----- | ---------- | ---------- | ------ | ------- | ------- | -------- | ------------------- | ------------ | --------- |
| hello | Deno.serve | 100        | 10.0   | 1.00    | 3.00    | 60       | 1.00                | 1.00 to 1.00 | 1.00      |
| hello | robusto    | 100        | 13.3   | 1.00    | 3.00    | 60       | 1.00                | 0.50 to 1.50 | 1.33      |
`,
  );
});

Deno.test("the geometric mean of a mode needs all seven works", () => {
  assertEquals(geometricMean([2, 8]), 4);
  const ratios = workRatios(RESULTS);
  assertEquals(modeMean(ratios, "inline")?.rate.toFixed(4), (0.5 ** (6 / 7)).toFixed(4));
  assertEquals(modeMean(ratios.slice(1), "inline"), undefined);
  assertEquals(modeMean(ratios, "pool"), undefined);
});

Deno.test("goals are met, missed or not measured", () => {
  const rows = goalTable(RESULTS).split("\n").map((row) =>
    row.split("|").map((cell) => cell.trim())
  );
  const verdict = (suite: string, what: string) =>
    rows.find(([, ...cells]) => cells[0] === suite && cells[1] === what)?.slice(3, 6);
  assertEquals(verdict("realistic, inline", "hello, ratio to Deno.serve"), [
    "at least 0.9",
    "1.00",
    "met",
  ]);
  assertEquals(verdict("realistic, inline", "smallest ratio"), [
    "at least 0.75",
    "0.50",
    "**missed**",
  ]);
  assertEquals(verdict("realistic, pool", "smallest ratio"), ["at least 0.5", "–", "not measured"]);
});

Deno.test("the page has tables, charts, losses, and what was not measured", () => {
  const { text, charts } = renderPage(
    `{{environments}}\n\n{{summary}}\n\n{{losses}}\n\n{{mode-charts}}\n\n${MARKS}\n`,
    RESULTS,
  );
  assertStringIncludes(
    text,
    "- 2026-01-02: Some CPU, 2 cores, 8 GiB, Linux 6.1. Deno 2.9.6, Go (not",
  );
  assertStringIncludes(text, "| json-post          | 0.50, 2.08 | –    | –       |");
  assertStringIncludes(text, "- **inline**, to Deno.serve: json-response 0.50, json-post 0.50");
  assertStringIncludes(text, "inline (2 rounds of 2 s, 2026-01-02):");
  assertStringIncludes(text, "Not measured yet.");
  assertStringIncludes(text, "(performance/inline.svg)");
  assertEquals(charts.map(({ file }) => file), ["inline.svg"]);
  assertEquals(charts[0].svg.match(/<rect /g)?.length, 1 + WORKS.length);
});

Deno.test("a template with an unknown mark, or without a suite, is an error", () => {
  assertThrows(() => renderPage(`${MARKS}\n\n{{nothing}}`, RESULTS), Error, "unknown mark nothing");
  assertThrows(() => renderPage("", RESULTS), Error, "no mark for the suite realistic");
});

Deno.test("new measurements replace those with the same labels; unused runs go", () => {
  const later = "2026-02-03T00:00:00.000Z";
  const added = { ...measured("hello", [90, 90]), run: later };
  const merged = mergeResults(RESULTS, "realistic", later, ENVIRONMENT, [added]);
  assertEquals(merged.suites.realistic[0], added);
  assertEquals(merged.suites.realistic.length, WORKS.length);
  assertEquals(Object.keys(merged.runs), [RUN, later]);
  const all = RESULTS.suites.realistic.map((each) => ({ ...each, run: later }));
  assertEquals(
    Object.keys(mergeResults(merged, "realistic", later, ENVIRONMENT, all).runs),
    [later],
  );
});

Deno.test("groups keep their order", () => {
  const names = byGroup(MODES.map(({ name }) => ({ ...measured("hello", [1, 1]), group: name })));
  assertEquals(names.map(([group]) => group), ["inline", "pool", "sharded"]);
});

Deno.test("docs/performance.md and its charts are what the kept results make", async () => {
  const files = await pageFiles();
  for (const [path, text] of files) {
    assert(Deno.readTextFileSync(new URL(path, ROOT)) === text, `${path}: deno task bench:page`);
  }
  assertEquals(chartFiles().filter((path) => !files.has(path)), []);
});
