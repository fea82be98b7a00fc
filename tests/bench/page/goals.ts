// The goals of the benches, each compared with what was measured.

import type { Candidate, Measurement, Results } from "../results.ts";
import { median } from "../rounds.ts";
import { NEW_CONNECTION, WORKS } from "../works/works.ts";
import { ratiosToBase } from "./columns.ts";
import { modeMean, type WorkRatio, workRatios } from "./ratios.ts";
import { markdownTable } from "./table.ts";

/** A goal: a number and its limit. */
interface Goal {
  readonly bench: string;
  readonly what: string;
  readonly limit: { readonly atLeast: number } | { readonly atMost: number };
  /** @returns nothing if it was not measured */
  measured(results: Results): number | undefined;
}

const GOALS: readonly Goal[] = [
  ...realisticGoals("inline", 1, 0.75, 0.9),
  {
    bench: "realistic, inline",
    what: "hello, ratio to Deno.serve",
    limit: { atLeast: 0.9 },
    measured: (results) => ofMode(results, "inline").find(({ work }) => work === "hello")?.rate,
  },
  ...realisticGoals("pool", 0.75, 0.5, 0.75),
  ...realisticGoals("sharded", 1, 0.7),
  ratio("hello", "requestsPerSecond", 0.8),
  ratio("pipelined", "requestsPerSecond", 1.5),
  ratio("pooled", "requestsPerSecond", 0.6),
  ratio("transfers", "megabytesPerSecond", 0.8),
  maximum("transfers", "memoryGrowth", "peak memory above idle, MiB", 64),
  ratio("pooled-transfers", "megabytesPerSecond", 0.5),
  maximum("isolation", "p99", "light p99 beside one client, ms", 10, "1 heavy"),
  maximum("isolation", "p99", "light p99 beside two clients, ms", 20, "2 heavy"),
  {
    bench: "waiting",
    what: "requests/s, of 10,000 that are possible",
    limit: { atLeast: 9000 },
    measured: (results) =>
      leastOf(results, "waiting", (own) => median(own.numbers.requestsPerSecond)),
  },
  maximum("recovery", "beyond", "beyond handlerTimeout and grace, ms", 150),
  ratio("python", "requestsPerSecond", 1.5),
  maximum("python-isolation", "p99", "light p99, ms", 20),
  maximum("uploads-memory", "after", "memory after uploads above idle, MiB", 64),
  maximum("idle", "kibibytes", "memory of an idle connection, KiB", 8),
];

/** The table of goals.
 *
 * @param results what was measured */
export function goalTable(results: Results): string {
  const rows = GOALS.map(({ bench, what, limit, measured }) => {
    const value = measured(results);
    const [text, met] = "atLeast" in limit
      ? [`at least ${limit.atLeast}`, value !== undefined && value >= limit.atLeast]
      : [`at most ${limit.atMost}`, value !== undefined && value <= limit.atMost];
    const verdict = value === undefined ? "not measured" : met ? "met" : "**missed**";
    return [bench, what, text, value === undefined ? "–" : shown(value), verdict];
  });
  return markdownTable([["suite", "what", "goal", "measured", ""], ...rows]);
}

/** A number with as many digits as its size is worth. */
function shown(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function realisticGoals(mode: string, mean: number, each: number, connections?: number): Goal[] {
  const bench = `realistic, ${mode}`;
  const goals: Goal[] = [
    {
      bench,
      what: "geometric mean of the ratios",
      limit: { atLeast: mean },
      measured: (results) => modeMean(workRatios(results), mode)?.rate,
    },
    {
      bench,
      what: "smallest ratio",
      limit: { atLeast: each },
      measured: (results) => smallest(ofMode(results, mode)),
    },
  ];
  if (connections === undefined) return goals;
  return [...goals, {
    bench,
    what: "new connections, ratio",
    limit: { atLeast: connections },
    measured: (results) =>
      ofMode(results, mode).find(({ work }) => work === NEW_CONNECTION.name)?.rate,
  }];
}

function ofMode(results: Results, mode: string): WorkRatio[] {
  return workRatios(results).filter((ratio) => ratio.mode === mode);
}

function smallest(ratios: readonly WorkRatio[]): number | undefined {
  const rates = ratios.filter(({ work }) => WORKS.some(({ name }) => name === work))
    .map(({ rate }) => rate);
  return rates.length === 0 ? undefined : Math.min(...rates);
}

/** The smallest ratio of Robusto in a suite. */
function ratio(suite: string, key: string, atLeast: number): Goal {
  return {
    bench: suite,
    what: "ratio to the base",
    limit: { atLeast },
    measured: (results) =>
      leastOf(results, suite, (own, measurement) => median(ratiosToBase(own, measurement, key))),
  };
}

/** The largest number of Robusto in a suite, of the medians over the rounds. */
function maximum(suite: string, key: string, what: string, atMost: number, label?: string): Goal {
  return {
    bench: suite,
    what,
    limit: { atMost },
    measured: (results) => {
      const least = leastOf(results, suite, (own) => -median(own.numbers[key]), label);
      return least === undefined ? undefined : -least;
    },
  };
}

/** The least number over Robusto's candidates of a suite. */
function leastOf(
  { suites }: Results,
  suite: string,
  numberOf: (own: Candidate, measurement: Measurement) => number,
  label?: string,
): number | undefined {
  const measurements = (suites[suite] ?? []).filter((measurement) =>
    label === undefined || measurement.label === label
  );
  const numbers = measurements.flatMap((measurement) =>
    measurement.candidates
      .filter(({ name }) => name.startsWith("robusto") && name !== measurement.base)
      .map((own) => numberOf(own, measurement))
  );
  return numbers.length === 0 ? undefined : Math.min(...numbers);
}
