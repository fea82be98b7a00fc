// Tables of results in Markdown, for the terminal and the page.

import type { Comparison } from "../results.ts";
import type { Column } from "./columns.ts";

/** A table with a row for each candidate of each comparison.
 *
 * @param comparisons those of one group
 * @param columns after the columns of names */
export function tableOf(comparisons: readonly Comparison[], columns: readonly Column[]): string {
  const isLabelled = comparisons.some(({ label }) => label !== "");
  const base = comparisons[0].base ?? "";
  const headings = columns.map(({ heading }) => heading.replace("{base}", base));
  const rows = comparisons.flatMap((comparison) =>
    comparison.candidates.map((candidate) => [
      ...(isLabelled ? [comparison.label] : []),
      candidate.name,
      ...columns.map(({ cell }) => cell(candidate, comparison)),
    ])
  );
  return markdownTable([[...(isLabelled ? ["work"] : []), "server", ...headings], ...rows]);
}

/** A table in Markdown with aligned columns.
 *
 * @param rows the first has the headings
 * @returns lines, each with its end */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |\n`;
  const [headings, ...body] = rows;
  return [headings, widths.map((width) => "-".repeat(width)), ...body].map(line).join("");
}

/** Comparisons by group, in the order of their first appearance. */
export function byGroup<Each extends Comparison>(comparisons: readonly Each[]): [string, Each[]][] {
  const groups = new Map<string, Each[]>();
  for (const comparison of comparisons) {
    groups.set(comparison.group, [...groups.get(comparison.group) ?? [], comparison]);
  }
  return [...groups];
}
