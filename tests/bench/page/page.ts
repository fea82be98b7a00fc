// Makes docs/performance.md of its template and the results. The template has the words; every number and
// every table comes from the results.

import type { Environment } from "../environment.ts";
import type { Measurement, Results } from "../results.ts";
import { ALL_WORKS, MODES } from "../suites/realistic.ts";
import { SUITES } from "../suites.ts";
import { type Chart, modeCharts, sweepCharts } from "./charts.ts";
import { goalTable } from "./goals.ts";
import { modeMean, workRatios } from "./ratios.ts";
import { byGroup, markdownTable, tableOf } from "./table.ts";

/** The page and its charts. */
export interface Page {
  /** Markdown, before `deno fmt`. */
  readonly text: string;
  readonly charts: readonly Chart[];
}

/** Makes the page.
 *
 * @param template Markdown with marks such as `{{goals}}` or `{{suite hello}}`, each on its own line
 * @param results what was measured
 * @throws {Error} when the template has an unknown mark, or none for a suite */
export function renderPage(template: string, results: Results): Page {
  const modes = modeCharts(results);
  const sweeps = sweepCharts(results);
  const parts: Record<string, () => string> = {
    environments: () => environments(results.runs),
    goals: () => goalTable(results),
    works: () => ALL_WORKS.map(({ name, about }) => `- **${name}**: ${about}.\n`).join(""),
    summary: () => summary(results),
    losses: () => losses(results),
    "mode-charts": () => images(modes),
    "sweep-charts": () => images(sweeps),
  };
  for (const { name } of SUITES) {
    if (!template.includes(`{{suite ${name}}}`)) {
      throw new Error(`Cannot make the page: its template has no mark for the suite ${name}`);
    }
    parts[`suite ${name}`] = () => suiteTables(name, results);
  }
  const text = template.replace(/^\{\{(.+)\}\}$/gm, (_mark, name: string) => {
    if (!Object.hasOwn(parts, name)) {
      throw new Error(`Cannot make the page: its template has the unknown mark ${name}`);
    }
    return parts[name]().trimEnd();
  });
  return { text, charts: [...modes, ...sweeps] };
}

/** The tables of a suite: one for each group. */
function suiteTables(name: string, { suites, runs }: Results): string {
  const { columns } = SUITES.find((suite) => suite.name === name)!;
  const groups = byGroup(suites[name] ?? []);
  if (groups.length === 0) return "Not measured yet.";
  return groups.map(([group, measurements]) =>
    `${group} (${circumstances(measurements, runs)}):\n\n${tableOf(measurements, columns)}`
  ).join("\n");
}

/** Rounds, durations and days of some measurements. */
function circumstances(measurements: readonly Measurement[], runs: Results["runs"]): string {
  const texts = measurements.map(({ candidates: [{ numbers }], seconds, run }) => {
    const rounds = Object.values(numbers)[0].length;
    const each = seconds === undefined ? "" : ` of ${seconds} s`;
    return `${rounds} ${rounds === 1 ? "round" : "rounds"}${each}, ${runs[run].date}`;
  });
  return [...new Set(texts)].join("; ");
}

/** Ratios by work and mode, and their geometric means. */
function summary(results: Results): string {
  const ratios = workRatios(results);
  const names = MODES.map(({ name }) => name);
  const row = (head: string, cell: (mode: string) => string) => [head, ...names.map(cell)];
  const pair = (ratio: { rate: number; cpu: number } | undefined) =>
    ratio === undefined ? "–" : `${ratio.rate.toFixed(2)}, ${ratio.cpu.toFixed(2)}`;
  const rows = ALL_WORKS.map(({ name }) =>
    row(name, (mode) => pair(ratios.find((each) => each.mode === mode && each.work === name)))
  );
  rows.splice(-1, 0, row("**geometric mean**", (mode) => pair(modeMean(ratios, mode))));
  return markdownTable([row("work: rate, CPU", (mode) => mode), ...rows]);
}

/** The works whose rate is below that of the base. */
function losses(results: Results): string {
  const lost = workRatios(results).filter(({ rate }) => rate < 1);
  if (lost.length === 0) return "None of the works that were measured.";
  return MODES.flatMap(({ name, base }) => {
    const works = lost.filter(({ mode }) => mode === name).toSorted((a, b) => a.rate - b.rate)
      .map(({ work, rate }) => `${work} ${rate.toFixed(2)}`);
    return works.length === 0 ? [] : [`- **${name}**, to ${base.name}: ${works.join(", ")}.\n`];
  }).join("");
}

function environments(runs: Results["runs"]): string {
  const texts = Object.values(runs).map((run: Environment) => {
    const versions = Object.entries(run.versions)
      .map(([name, version]) => `${name} ${version ?? "(not installed)"}`).join(", ");
    return `- ${run.date}: ${run.cpu}, ${run.cores} cores, ${run.memory} GiB, ${run.system}. ` +
      `${versions}.\n`;
  });
  return [...new Set(texts)].join("");
}

function images(charts: readonly Chart[]): string {
  return charts.map(({ file, title }) => `![${title}](performance/${file})\n`).join("\n");
}
