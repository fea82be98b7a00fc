// What the page concludes from the suite `realistic`: ratios to the base by mode and work, their geometric
// mean, and the works where Robusto is slower.

import { ALL_WORKS, MODES } from "../suites/realistic.ts";
import { WORKS } from "../works/works.ts";
import { median } from "../rounds.ts";
import type { Measurement, Results } from "../results.ts";
import { ratiosToBase } from "./columns.ts";

/** Robusto's ratios to the base of a mode, for one work. */
export interface WorkRatio {
  readonly mode: string;
  readonly work: string;
  readonly base: string;
  /** Ratios of requests/s, by round. */
  readonly rates: readonly number[];
  /** Median of the ratios of requests/s. */
  readonly rate: number;
  /** Median of the ratios of CPU time for a request. */
  readonly cpu: number;
}

/** Geometric means over the seven works. */
export interface ModeMean {
  readonly rate: number;
  readonly cpu: number;
}

/** The ratios of what was measured, by mode and in the order of the works. */
export function workRatios({ suites }: Results): WorkRatio[] {
  const measurements = suites.realistic ?? [];
  return MODES.flatMap(({ name: mode, others: [own] }) =>
    ALL_WORKS.flatMap(({ name: work }) => {
      const found = measurements.find(({ group, label }) => group === mode && label === work);
      return found === undefined ? [] : [workRatio(found, own.name)];
    })
  );
}

/** The geometric means of a mode.
 *
 * @returns nothing unless all seven works were measured */
export function modeMean(ratios: readonly WorkRatio[], mode: string): ModeMean | undefined {
  const all = WORKS.map(({ name }) =>
    ratios.find((ratio) => ratio.mode === mode && ratio.work === name)
  ).filter((ratio) => ratio !== undefined);
  if (all.length < WORKS.length) return undefined;
  return {
    rate: geometricMean(all.map(({ rate }) => rate)),
    cpu: geometricMean(all.map(({ cpu }) => cpu)),
  };
}

/** Geometric mean of some positive numbers. */
export function geometricMean(numbers: readonly number[]): number {
  return Math.exp(numbers.reduce((sum, number) => sum + Math.log(number), 0) / numbers.length);
}

function workRatio(measurement: Measurement, name: string): WorkRatio {
  const candidate = measurement.candidates.find((each) => each.name === name)!;
  const rates = ratiosToBase(candidate, measurement, "requestsPerSecond");
  return {
    mode: measurement.group,
    work: measurement.label,
    base: measurement.base!,
    rates,
    rate: median(rates),
    cpu: median(ratiosToBase(candidate, measurement, "cpuPerRequest")),
  };
}
