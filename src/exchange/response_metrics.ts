// Counts finished responses by method, status and duration, and by outcome, for operators. What a client
// makes up never becomes a label, and the number of series is bounded.

import type { FinishedListener, Outcome } from "./finished_response.ts";

/** Upper bounds of the buckets in seconds. Those from 0.005 to 10 are the ones that OpenTelemetry advises
 * for this metric; responses of quick handlers need smaller ones, and 30 s is where clients give up. */
export const DURATION_BOUNDS: readonly number[] = [
  ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25],
  ...[0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30],
];

/** The methods of RFC 9110 §9 and of RFC 5789; every other one counts as `_OTHER`, as OpenTelemetry has it. */
const METHODS: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"],
]);

/** Stands for a method that is not known, and for statuses beyond {@linkcode MOST_SERIES}. */
const OTHER = "_OTHER";

/** Pairs of a method and a status that are told apart. An application may choose any status at will; usual
 * ones need a few dozen. */
const MOST_SERIES = 200;

/** The responses with one method and one status. */
export interface ResponseSeries {
  readonly method: string;
  /** Empty where no head of a response was ever given. */
  readonly status: string;
  /** Responses in each bucket; the last one has no bound. */
  readonly counts: number[];
  /** Sum of their durations in seconds. */
  sum: number;
}

/** What was counted; plain data. */
export interface ResponseMetricsView {
  readonly series: readonly ResponseSeries[];
  /** Responses by their outcome. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
}

/** Counts finished responses. */
export class ResponseMetrics {
  readonly #series = new Map<string, ResponseSeries>();
  readonly #outcomes: Record<Outcome, number> = noOutcomes();

  /** Takes each finished response. */
  readonly listener: FinishedListener = ({ request, status, duration, outcome }) => {
    this.#outcomes[outcome]++;
    const method = request.head?.method ?? request.line?.method ?? OTHER;
    const series = this.#seriesOf(METHODS.has(method) ? method : OTHER, String(status ?? ""));
    const seconds = duration / 1000;
    let bucket = 0;
    while (bucket < DURATION_BOUNDS.length && seconds > DURATION_BOUNDS[bucket]) bucket++;
    series.counts[bucket]++;
    series.sum += seconds;
  };

  /** What was counted so far. */
  get view(): ResponseMetricsView {
    return { series: [...this.#series.values()], outcomes: this.#outcomes };
  }

  /** Adds what another thread has counted. */
  add({ series, outcomes }: ResponseMetricsView): void {
    for (const name of Object.keys(outcomes) as Outcome[]) this.#outcomes[name] += outcomes[name];
    for (const { method, status, counts, sum } of series) {
      const own = this.#seriesOf(method, status);
      counts.forEach((count, bucket) => own.counts[bucket] += count);
      own.sum += sum;
    }
  }

  #seriesOf(method: string, status: string): ResponseSeries {
    const key = `${method} ${status}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MOST_SERIES && status !== OTHER) return this.#seriesOf(method, OTHER);
    const counts = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);
    const series = { method, status, counts, sum: 0 };
    this.#series.set(key, series);
    return series;
  }
}

function noOutcomes(): Record<Outcome, number> {
  return {
    complete: 0,
    "client-left": 0,
    "timed-out": 0,
    killed: 0,
    failed: 0,
    refused: 0,
  };
}
