// The columns of tables: each makes the text of a cell from the samples of a candidate.

import type { Candidate, Comparison } from "../results.ts";
import { median } from "../rounds.ts";

/** A column. */
export interface Column {
  /** Its heading; for `{base}` the name of the base stands there. */
  readonly heading: string;
  /** Makes a cell; a dash where the numbers are missing. */
  cell(candidate: Candidate, comparison: Comparison): string;
}

/** A column with the median of a number.
 *
 * @param heading of the column
 * @param key name of the number
 * @param digits after the point */
export function medianOf(heading: string, key: string, digits = 0): Column {
  return column(heading, key, (numbers) => median(numbers).toFixed(digits));
}

/** A column with the largest of a number.
 *
 * @param heading of the column
 * @param key name of the number
 * @param digits after the point */
export function maximumOf(heading: string, key: string, digits = 0): Column {
  return column(heading, key, (numbers) => Math.max(...numbers).toFixed(digits));
}

/** A column with the ratio of a number to that of the base, within rounds.
 *
 * @param key name of the number
 * @param heading of the column */
export function ratioOf(key: string, heading = "ratio to {base}"): Column {
  return { heading, cell: (...of) => fromRatios(key, of, (all) => median(all).toFixed(2)) };
}

/** A column with the smallest and the largest ratio of the rounds.
 *
 * @param key name of the number
 * @param heading of the column */
export function ratioRangeOf(key: string, heading = "min to max"): Column {
  const range = (all: readonly number[]) =>
    `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
  return { heading, cell: (...of) => fromRatios(key, of, range) };
}

/** Ratios of a number to that of the base, by round.
 *
 * @param candidate the candidate
 * @param comparison the comparison that it is part of
 * @param key name of the number
 * @returns none if either number is missing */
export function ratiosToBase(
  candidate: Candidate,
  { base, candidates }: Comparison,
  key: string,
): number[] {
  const ofBase = candidates.find(({ name }) => name === base)?.numbers[key] ?? [];
  const numbers = candidate.numbers[key] ?? [];
  return numbers.slice(0, ofBase.length).map((number, round) => number / ofBase[round]);
}

function column(
  heading: string,
  key: string,
  text: (numbers: readonly number[]) => string,
): Column {
  const cell = ({ numbers }: Candidate) => numbers[key] === undefined ? "–" : text(numbers[key]);
  return { heading, cell };
}

function fromRatios(
  key: string,
  [candidate, comparison]: [Candidate, Comparison],
  text: (ratios: readonly number[]) => string,
): string {
  const ratios = ratiosToBase(candidate, comparison, key);
  return ratios.length === 0 ? "–" : text(ratios);
}
