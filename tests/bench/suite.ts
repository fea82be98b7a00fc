// A suite of the benches: what it needs, what it measures, and the columns of its tables.

import type { Column } from "./page/columns.ts";
import type { Candidate, Comparison } from "./results.ts";
import type { Sample } from "./rounds.ts";

/** What the command line asks for. */
export interface BenchOptions {
  readonly rounds: number;
  /** Duration of one load. */
  readonly seconds: number;
  /** Duration of the load by which a server of the suite `realistic` compiles its code. */
  readonly warmUp: number;
  /** Duration of the uploads of the suite `uploads-memory`. */
  readonly uploadSeconds: number;
  /** Names of the works of the suites that have works; all without it. */
  readonly works?: readonly string[];
  /** Names of the modes of the suite `realistic`; all without it. */
  readonly modes?: readonly string[];
  /** Another checkout, whose Robusto is measured in the same rounds of the suite `realistic`. */
  readonly against?: string;
}

/** A suite. */
export interface Suite {
  readonly name: string;
  /** Commands that it cannot do without. */
  readonly needs: readonly string[];
  readonly columns: readonly Column[];
  /** Measures, and gives each comparison as soon as it is complete. */
  run(options: BenchOptions): AsyncIterable<Comparison>;
}

/** Turns samples by candidate and round into what results hold. */
export function candidatesOf<Key extends string>(
  samples: ReadonlyMap<{ readonly name: string }, readonly Sample<Key>[]>,
): Candidate[] {
  return [...samples].map(([{ name }, rounds]) => {
    const keys = Object.keys(rounds[0]) as Key[];
    const numbers = keys.map((key) => [key, rounds.map((sample) => sample[key])]);
    return { name, numbers: Object.fromEntries(numbers) };
  });
}
