// A strict parser of Prometheus' text format 0.0.4. It shares no code with src/, and takes nothing that the
// format's description does not show: no stray spaces, no sample without its HELP and TYPE before it, no
// series twice, no histogram whose buckets do not add up.

/** One line with a value. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with all of its lines. */
export interface ParsedMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ParsedSample[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const NUMBER = "[+-]Inf|NaN|-?[0-9]+(?:\\.[0-9]+)?(?:e[+-]?[0-9]+)?";
const TYPES = ["counter", "gauge", "histogram"];

/** Parses a whole exposition.
 *
 * @param text the text
 * @returns the metrics by their names
 * @throws {SyntaxError} at the first line that is wrong */
export function parseExposition(text: string): ReadonlyMap<string, ParsedMetric> {
  const metrics = new Map<string, ParsedMetric>();
  if (!text.endsWith("\n")) throw new SyntaxError("The last line has no end");
  const seen = new Set<string>();
  let current: { name: string; help: string; type: string; samples: ParsedSample[] } | undefined;
  let help: readonly [name: string, text: string] | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const fail = (reason: string): never => {
      throw new SyntaxError(`${reason}: ${JSON.stringify(line)}`);
    };
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);
    if (comment !== null) {
      const [, kind, name, rest] = comment;
      if (metrics.has(name)) fail("A metric comes twice");
      if (kind === "HELP") {
        if (help !== undefined) fail("HELP without TYPE");
        if (!/^(?:[^\\]|\\[\\n])*$/.test(rest)) fail("A wrong escape");
        help = [name, rest];
        continue;
      }
      if (help?.[0] !== name) fail("TYPE without HELP");
      if (!TYPES.includes(rest)) fail("An unknown type");
      current = { name, help: help![1], type: rest, samples: [] };
      metrics.set(name, current);
      help = undefined;
      continue;
    }
    if (current === undefined || help !== undefined) return fail("A sample without HELP and TYPE");
    const sample = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (${NUMBER})$`).exec(line);
    if (sample === null) return fail("No sample");
    const [, name, labelText, value] = sample;
    const suffix = name.slice(current.name.length);
    const suffixes = current.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    if (!name.startsWith(current.name) || !suffixes.includes(suffix)) {
      fail("Another metric's sample");
    }
    const labels = labelText === undefined ? {} : parseLabels(labelText, fail);
    const key = name + JSON.stringify(Object.entries(labels).sort());
    if (seen.has(key)) fail("A series comes twice");
    seen.add(key);
    const number = value.endsWith("Inf")
      ? (value.startsWith("-") ? -Infinity : Infinity)
      : Number(value);
    if (current.type === "counter" && !(number >= 0)) fail("A counter below 0");
    current.samples.push({ name, labels, value: number });
  }
  for (const metric of metrics.values()) {
    if (metric.samples.length === 0) throw new SyntaxError(`${metric.name} has no sample`);
    if (metric.type === "histogram") checkHistograms(metric);
    if (metric.type === "counter" && !metric.name.endsWith("_total")) {
      throw new SyntaxError(`The counter ${metric.name} does not end in _total`);
    }
  }
  return metrics;
}

function parseLabels(text: string, fail: (reason: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  const pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
  while (pair.lastIndex < text.length) {
    const match = pair.exec(text);
    if (match === null) return fail("No label");
    const [, name, value, end] = match;
    if (Object.hasOwn(labels, name) || name.startsWith("__")) fail("A label comes twice");
    if (end === "," && pair.lastIndex === text.length) fail("A comma at the end");
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => escaped === "n" ? "\n" : escaped);
  }
  return labels;
}

function checkHistograms({ name, samples }: ParsedMetric): void {
  const groups = new Map<string, { buckets: ParsedSample[]; sum?: number; count?: number }>();
  for (const sample of samples) {
    const { le, ...others } = sample.labels;
    const key = JSON.stringify(Object.entries(others).sort());
    const group = groups.get(key) ?? { buckets: [] };
    groups.set(key, group);
    if (sample.name.endsWith("_bucket")) {
      if (le === undefined) throw new SyntaxError(`A bucket of ${name} has no le`);
      group.buckets.push(sample);
    } else if (sample.name.endsWith("_sum")) group.sum = sample.value;
    else group.count = sample.value;
  }
  for (const { buckets, sum, count } of groups.values()) {
    const bounds = buckets.map(({ labels: { le } }) => le === "+Inf" ? Infinity : Number(le));
    const rises = (values: readonly number[], strictly: boolean) =>
      values.slice(1).every((value, at) => strictly ? value > values[at] : value >= values[at]);
    if (!rises(bounds, true) || bounds.at(-1) !== Infinity) {
      throw new SyntaxError(`The bounds of ${name} do not rise to +Inf: ${bounds}`);
    }
    if (!rises(buckets.map(({ value }) => value), false) || buckets.at(-1)!.value !== count) {
      throw new SyntaxError(`The buckets of ${name} do not add up to its count`);
    }
    if (sum === undefined) throw new SyntaxError(`${name} has no sum`);
  }
}
