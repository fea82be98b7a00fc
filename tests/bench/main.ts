// The program of `deno task bench`: measures suites, prints their tables, and with --write adds the results
// to docs/performance.md.
//
//   deno task bench [SUITE ...] [--rounds N] [--seconds N] [--works NAME,...] [--modes NAME,...]
//                   [--warm-up N] [--upload-seconds N] [--against CHECKOUT | --write]

import { parseArgs } from "node:util";
import { isInstalled } from "../support/program.ts";
import { describeEnvironment } from "./environment.ts";
import { writePage } from "./page/files.ts";
import { byGroup, tableOf } from "./page/table.ts";
import {
  type Comparison,
  type Measurement,
  mergeResults,
  readResults,
  writeResults,
} from "./results.ts";
import type { BenchOptions, Suite } from "./suite.ts";
import { SUITES } from "./suites.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "rounds": { type: "string", default: "3" },
    "seconds": { type: "string", default: "0.7" },
    "warm-up": { type: "string", default: "1.5" },
    "upload-seconds": { type: "string", default: "60" },
    "works": { type: "string" },
    "modes": { type: "string" },
    "against": { type: "string" },
    "write": { type: "boolean", default: false },
  },
});
const options: BenchOptions = {
  rounds: Math.ceil(positive("rounds")),
  seconds: positive("seconds"),
  warmUp: positive("warm-up"),
  uploadSeconds: positive("upload-seconds"),
  works: values.works?.split(","),
  modes: values.modes?.split(","),
  against: values.against,
};
if (values.write && values.against !== undefined) {
  fail("Cannot write the results of --against: the page is about one checkout");
}
const now = new Date();
const suites = positionals.length === 0 ? SUITES : positionals.map(suiteNamed);
for (const { name, needs } of suites) {
  for (const command of needs) requireCommand(command, name);
}
for (const suite of suites) {
  try {
    await runSuite(suite);
  } catch (error) {
    if (error instanceof RangeError) fail(error.message); // an unknown work or mode
    throw error;
  }
}

async function runSuite(suite: Suite): Promise<void> {
  const measurements: Measurement[] = [];
  for await (const comparison of suite.run(options)) {
    print(suite, comparison);
    measurements.push({ ...comparison, run: now.toISOString() });
  }
  if (measurements.some(({ label }) => label !== "")) {
    console.log(`\n# ${suite.name}`);
    for (const [group, all] of byGroup(measurements)) {
      console.log(`\n${group}\n\n${tableOf(all, suite.columns)}`);
    }
  }
  if (!values.write) return;
  const environment = describeEnvironment(now);
  const run = now.toISOString();
  await writeResults(mergeResults(readResults(), suite.name, run, environment, measurements));
  await writePage();
}

function print(suite: Suite, comparison: Comparison): void {
  const title = [suite.name, comparison.group, comparison.label].filter((text) => text !== "");
  console.log(`\n${title.join(", ")}\n\n${tableOf([comparison], suite.columns)}`);
}

function positive(option: "rounds" | "seconds" | "warm-up" | "upload-seconds"): number {
  const number = Number(values[option]);
  return number > 0 ? number : fail(`Cannot bench: --${option} must be a positive number`);
}

function suiteNamed(name: string): Suite {
  return SUITES.find((suite) => suite.name === name) ??
    fail(`Cannot bench ${name}: expected ${SUITES.map((suite) => suite.name).join(", ")}`);
}

function requireCommand(command: string, suite: string): void {
  if (isInstalled(command)) return;
  const source = command === "taskset"
    ? "it is part of util-linux, on Linux"
    : `apt-get install ${command}`;
  fail(`Cannot bench ${suite} without ${command}: ${source}`);
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(1);
}
