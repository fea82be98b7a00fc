// Writes metrics in Prometheus' text format, version 0.0.4. It knows the format and nothing of the server.

/** The media type of the format. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The labels of a sample, by their names. */
export type Labels = Readonly<Record<string, string>>;

/** One value of a metric. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Durations in buckets, as one histogram of a metric. */
export interface HistogramSample {
  readonly labels: Labels;
  /** Upper bounds in seconds, without the last bucket's. */
  readonly bounds: readonly number[];
  /** How many are in each bucket, the last one included. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A metric with all of its samples. */
export type Metric =
  & { readonly name: string; readonly help: string }
  & (
    | { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] }
    | { readonly type: "histogram"; readonly samples: readonly HistogramSample[] }
  );

/** Writes metrics. One without samples is left out.
 *
 * @param metrics the metrics, each name once
 * @returns lines with line ends */
export function exposition(metrics: readonly Metric[]): string {
  return metrics.filter(({ samples }) => samples.length > 0).map(metricText).join("");
}

function metricText(metric: Metric): string {
  const { name, help, type } = metric;
  const lines = metric.type === "histogram"
    ? metric.samples.flatMap((sample) => histogramLines(name, sample))
    : metric.samples.map(({ labels, value }) => line(name, labels, value));
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return [`# HELP ${name} ${escaped}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function histogramLines(
  name: string,
  { labels, bounds, counts, sum }: HistogramSample,
): readonly string[] {
  let count = 0;
  const buckets = counts.map((inBucket, index) => {
    count += inBucket;
    const le = formatNumber(bounds[index] ?? Infinity);
    return line(`${name}_bucket`, { ...labels, le }, count);
  });
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)];
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeValue(text)}"`);
  const inBraces = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${name}${inBraces} ${formatNumber(value)}`;
}

function escapeValue(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
