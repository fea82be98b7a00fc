// Prints results as Markdown tables, for docs/performance.md.

import { median, medianRatio, type Sample } from "./rounds.ts";

/** Columns by heading: each makes the text of a cell from the samples of one candidate. */
export type Columns<Key extends string> = Readonly<
  Record<string, (samples: readonly Sample<Key>[]) => string>
>;

/** A column with the median of a number.
 *
 * @param key name of the number
 * @param digits after the point */
export function medianOf<Key extends string>(
  key: Key,
  digits = 0,
): (samples: readonly Sample<Key>[]) => string {
  return (samples) => median(samples.map((sample) => sample[key])).toFixed(digits);
}

/** A column with the largest of a number.
 *
 * @param key name of the number
 * @param digits after the point */
export function maximumOf<Key extends string>(
  key: Key,
  digits = 0,
): (samples: readonly Sample<Key>[]) => string {
  return (samples) => Math.max(...samples.map((sample) => sample[key])).toFixed(digits);
}

/** Prints a table with a row for each candidate.
 *
 * @param samples by candidate
 * @param columns after the column of names */
export function printTable<Key extends string>(
  samples: ReadonlyMap<{ readonly name: string }, readonly Sample<Key>[]>,
  columns: Columns<Key>,
): void {
  const rows = [["server", ...Object.keys(columns)]];
  for (const [{ name }, all] of samples) {
    rows.push([name, ...Object.values(columns).map((column) => column(all))]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  rows.splice(1, 0, widths.map((width) => "-".repeat(width)));
  for (const row of rows) {
    console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`);
  }
}

/** A column with the ratio of a number to that of the base, within rounds.
 *
 * @param samples by candidate
 * @param base name of the candidate that is 1
 * @param key name of the number
 * @returns the column, under its heading */
export function ratioTo<Key extends string>(
  samples: ReadonlyMap<{ readonly name: string }, readonly Sample<Key>[]>,
  base: string,
  key: Key,
): Columns<Key> {
  const numbers = (all: readonly Sample<Key>[]) => all.map((sample) => sample[key]);
  const [, ofBase] = [...samples].find(([{ name }]) => name === base)!;
  return {
    [`ratio to ${base}`]: (all) => medianRatio(numbers(all), numbers(ofBase)).toFixed(2),
  };
}
