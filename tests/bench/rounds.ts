// Statistics of the benches, fair on a machine with other load: each round measures all candidates, in a
// different order, and ratios are taken within a round.

/** Longest time of a measurement; the slowest take a few times `--seconds`. */
const MEASURE_TIMEOUT = 120_000;

/** The numbers of one measurement, by name. */
export type Sample<Key extends string> = Readonly<Record<Key, number>>;

/** Measures every candidate once in each round.
 *
 * @param candidates the things to compare
 * @param rounds number of rounds
 * @param measure makes one measurement
 * @returns for each candidate its samples, by round */
export async function interleave<Candidate, Key extends string>(
  candidates: readonly Candidate[],
  rounds: number,
  measure: (candidate: Candidate) => Promise<Sample<Key>>,
): Promise<Map<Candidate, Sample<Key>[]>> {
  const samples = new Map(candidates.map((candidate) => [candidate, [] as Sample<Key>[]]));
  for (let round = 0; round < rounds; round++) {
    const first = round % candidates.length;
    for (const candidate of [...candidates.slice(first), ...candidates.slice(0, first)]) {
      samples.get(candidate)!.push(await inTime(measure(candidate)));
    }
  }
  return samples;
}

async function inTime<Result>(measurement: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`Cannot measure: not done after ${MEASURE_TIMEOUT / 1000} s`)),
    MEASURE_TIMEOUT,
  );
  try {
    return await Promise.race([measurement, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Median; of an even count the mean of the two numbers in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

/** Median of the ratios of numbers that were measured in the same rounds. */
export function medianRatio(numbers: readonly number[], base: readonly number[]): number {
  return median(numbers.map((number, round) => number / base[round]));
}

/** Quantile: the smallest of the numbers that at least this share of them does not exceed.
 *
 * @param numbers at least one
 * @param share such as 0.99 */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
