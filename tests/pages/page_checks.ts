// Checks commands that are not run: their flags, tasks, files and signals exist.

import { parseArguments } from "../../src/cli/settings/arguments.ts";
import { mergeSettings } from "../../src/cli/settings/settings.ts";
import { ROOT } from "../support/root.ts";

const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));

type Check = readonly [pattern: RegExp, check: (match: RegExpExecArray) => void];

/** How to check a command: the first pattern that it matches counts. */
const CHECKS: readonly Check[] = [
  [/^deno task ([\w:]+)(?: .*)?$/, ([, task]) => demand(task in tasks, `no task ${task}`)],
  [/^deno (?:test|bench|check|doc|fmt|lint)\b(.*)$/, ([, words]) => checkPaths(words)],
  [/^deno run (?:-[-\w=,.]+ )*mod\.ts (.+)$/, ([, words]) => checkArguments(words)],
  [/^kill -(?:HUP|USR1|USR2|TERM|INT|KILL|9)\b/, () => {}],
  [/^\.ci\/run$/, () => checkPaths(".ci/run")],
];

/** Checks a command without running it.
 *
 * @returns whether it is of a kind that can be checked
 * @throws {Error} when something in it does not exist */
export function check(command: string): boolean {
  for (const part of command.replace(/\bnpx -y deno@[\d.]+/g, "deno").split(" && ")) {
    const row = CHECKS.find(([pattern]) => pattern.test(part));
    if (row === undefined) return false;
    row[1](row[0].exec(part)!);
  }
  return true;
}

/** Words for the command line of Robusto: flags and values are right, and files of the checkout are there. */
function checkArguments(text: string): void {
  const words = text.split(" ").map((word) => word.replace(/^["']|["']$/g, ""));
  const { options, app, mounts, setsWorkers } = parseArguments(words) as Exclude<
    ReturnType<typeof parseArguments>,
    { readonly action: "help" | "version" }
  >;
  mergeSettings({}, options, { app, mounts, ...(setsWorkers ? { setsWorkers } : {}) });
  checkPaths(text);
}

function checkPaths(text: string): void {
  for (const [path] of text.matchAll(/(?<![\w./])(?:\.ci|docs|examples|src|tests)\/[\w./]+/g)) {
    Deno.statSync(new URL(path, ROOT));
  }
}

function demand(holds: boolean, complaint: string): void {
  if (!holds) throw new Error(`There is ${complaint}`);
}
