// The results of the suites, as docs/performance/results.json keeps them: every sample of every round. The
// page and its charts are made of them alone.

import { ROOT } from "../support/root.ts";
import type { Environment } from "./environment.ts";
import { formatted } from "./page/format.ts";

/** The file with the results that docs/performance.md reports. */
export const RESULTS_FILE = new URL("docs/performance/results.json", ROOT);

/** Something that was measured, with its numbers: one for each round. */
export interface Candidate {
  /** Its name in tables. */
  readonly name: string;
  readonly numbers: Readonly<Record<string, readonly number[]>>;
}

/** Candidates that were measured in the same rounds. */
export interface Comparison {
  /** Title of the table that it belongs to. */
  readonly group: string;
  /** Its name in that table. */
  readonly label: string;
  /** Name of the candidate whose ratio is 1. */
  readonly base?: string;
  /** Duration of one load, if it is given. */
  readonly seconds?: number;
  readonly candidates: readonly Candidate[];
}

/** A comparison and when it was measured. */
export interface Measurement extends Comparison {
  /** The key of its {@linkcode Environment}. */
  readonly run: string;
}

/** All results. */
export interface Results {
  /** Environments by the time when the run began. */
  readonly runs: Readonly<Record<string, Environment>>;
  /** Measurements by suite. */
  readonly suites: Readonly<Record<string, readonly Measurement[]>>;
}

/** Adds measurements. Each replaces the one with the same suite, group and label. Environments that no
 * measurement refers to are dropped.
 *
 * @param results the results so far
 * @param suite name of the suite
 * @param run when the run began
 * @param environment of the run
 * @param added the measurements
 * @returns the new results */
export function mergeResults(
  { runs, suites }: Results,
  suite: string,
  run: string,
  environment: Environment,
  added: readonly Measurement[],
): Results {
  const merged = [...suites[suite] ?? []];
  for (const measurement of added) {
    const index = merged.findIndex(({ group, label }) =>
      group === measurement.group && label === measurement.label
    );
    merged.splice(index < 0 ? merged.length : index, index < 0 ? 0 : 1, measurement);
  }
  const newSuites = { ...suites, [suite]: merged };
  const used = new Set(Object.values(newSuites).flat().map((measurement) => measurement.run));
  const newRuns = Object.entries({ ...runs, [run]: environment }).filter(([key]) => used.has(key));
  return { runs: Object.fromEntries(newRuns.sort()), suites: newSuites };
}

/** Reads the file of the results. */
export function readResults(): Results {
  return JSON.parse(Deno.readTextFileSync(RESULTS_FILE));
}

/** Writes the file of the results, four significant digits of each number. */
export async function writeResults(results: Results): Promise<void> {
  const text = JSON.stringify(
    results,
    (_key, value) => typeof value === "number" ? Number(value.toPrecision(4)) : value,
  );
  await Deno.writeTextFile(RESULTS_FILE, await formatted(text, "json"));
}
