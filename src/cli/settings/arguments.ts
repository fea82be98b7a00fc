// Parses the arguments of the command line; it reads no file. A flag is `--flag VALUE` or
// `--flag=VALUE` and stands once, unless it adds to a list. The flag of a boolean may stand alone
// and then means true (`--no-delay` is the option `noDelay`, not the denial of a `delay`).

import { shownPath } from "../../application/application_tree.ts";
import { suggestName } from "../../options/suggest_name.ts";
import type { ServerOptions } from "../../options/server_options.ts";
import { type ExitError, usageError } from "./exit_error.ts";
import { addMount, type MountText, parseMount } from "./mounts.ts";
import { OPTION_TABLE, optionNamed, type OptionRow } from "./option_table.ts";
import { isRepeatable, parseOptionText } from "./option_text.ts";

/** The parsed arguments. */
export type Arguments =
  | { readonly action: "help" }
  | { readonly action: "version" }
  | {
    readonly action: "serve" | "print-config";
    /** APP, as written. */
    readonly app: string | undefined;
    /** The applications of `--mount`; `app` is not among them. */
    readonly mounts: readonly MountText[];
    /** Path of the configuration file. */
    readonly config: string | undefined;
    /** The options of the flags. */
    readonly options: ServerOptions;
    /** Whether `--workers` has set both numbers of workers. */
    readonly setsWorkers?: true;
  };

const ROWS: ReadonlyMap<string, OptionRow> = new Map(OPTION_TABLE.map((row) => [row.flag, row]));
const OTHER_FLAGS = ["--mount", "--workers", "--config", "--print-config", "--help", "--version"];

/** Parses a command line. `--help` and `--version` end the parsing.
 *
 * @param args the words after the program's name
 * @returns the parsed arguments
 * @throws {ExitError} when an argument is wrong */
export function parseArguments(args: readonly string[]): Arguments {
  const options: Record<string, unknown> = {};
  const seen = new Set<string>();
  let app: string | undefined;
  let mounts: readonly MountText[] = [];
  let config: string | undefined;
  let printConfig = false;

  let position = 0;
  let flagsEnded = false;
  while (position < args.length) {
    const word = args[position++];
    if (flagsEnded || !word.startsWith("-")) {
      if (app !== undefined) throw tooManyWords(word, app);
      app = word;
      continue;
    }
    if (word === "--") {
      flagsEnded = true; // later words are no flags, even with a hyphen
      continue;
    }
    if (word === "--help" || word === "-h") return { action: "help" };
    if (word === "--version" || word === "-V") return { action: "version" };

    const [flag, attached] = splitFlag(word);
    const row = ROWS.get(flag);
    if (row === undefined && !OTHER_FLAGS.includes(flag)) throw unknownFlag(flag);
    if (seen.has(flag) && !(row === undefined ? flag === "--mount" : isRepeatable(row))) {
      throw usageError(`Cannot use ${flag} twice: expected it once`);
    }
    seen.add(flag);

    if (flag === "--print-config") {
      if (attached !== undefined) throw usageError(`Cannot give ${flag} a value: it takes none`);
      printConfig = true;
      continue;
    }
    const next = attached ?? args[position];
    if (row?.rule.kind === "boolean" && attached === undefined) {
      const hasValue = next === "true" || next === "false";
      if (hasValue) position++;
      options[row.name] = hasValue ? next === "true" : true;
      continue;
    }
    // After a space a word with two hyphens is the next flag; `--flag=--value` gives such a value.
    if (next === undefined || (attached === undefined && next.startsWith("--"))) {
      throw usageError(`Cannot use ${flag}: expected a value behind it`);
    }
    if (attached === undefined) position++;
    if (flag === "--workers") {
      Object.assign(options, parseWorkers(next));
    } else if (flag === "--mount") {
      const mount = parseMount(next);
      mounts = addMount(mounts, mount, `${flag} ${shownPath(mount.prefix)}`);
    } else if (row === undefined) {
      if (next === "") throw usageError("Cannot use --config: expected the path of a file");
      config = next;
    } else if (isRepeatable(row)) {
      options[row.name] = [options[row.name] ?? [], parseOptionText(row, next, flag)].flat(2);
    } else {
      options[row.name] = parseOptionText(row, next, flag);
    }
  }

  for (const flag of ["--min-workers", "--max-workers"]) {
    if (!seen.has("--workers") || !seen.has(flag)) continue;
    throw usageError(`Cannot use --workers together with ${flag}: it sets both numbers`);
  }
  const setsWorkers = seen.has("--workers") ? { setsWorkers: true } as const : {};
  const action = printConfig ? "print-config" : "serve";
  if (app !== undefined) checkRoot(app, mounts);
  return { action, app, mounts, config, options, ...setsWorkers };
}

/** Sets both numbers, so that `N` also replaces a `maxWorkers` of the configuration file. */
function parseWorkers(text: string): ServerOptions {
  const [, min, max = min] = /^([0-9]+)(?::([0-9]+))?$/.exec(text) ?? [];
  const expected = `Cannot use --workers: expected N or N:M, got ${JSON.stringify(text)}`;
  if (min === undefined) throw usageError(expected);
  const [minWorkers, maxWorkers] = [min, max].map((digits) =>
    parseOptionText(optionNamed("minWorkers")!, digits, "--workers") as number
  );
  if (minWorkers > maxWorkers) throw usageError(`${expected}, where N is above M`);
  return { minWorkers, maxWorkers };
}

/** Refuses a mount at the root beside APP, which is mounted there. */
function checkRoot(app: string, mounts: readonly MountText[]): void {
  const root = mounts.find(({ prefix }) => prefix === "");
  if (root === undefined) return;
  throw usageError(
    `Cannot use --mount /=${root.app}: the application at / is ${JSON.stringify(app)} already`,
  );
}

function splitFlag(word: string): [flag: string, attached: string | undefined] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function unknownFlag(flag: string): ExitError {
  const nearest = suggestName(flag, [...ROWS.keys(), ...OTHER_FLAGS]);
  return usageError(
    `Cannot use ${flag}: no flag has this name` +
      (nearest === undefined ? "" : `, did you mean ${nearest}`),
  );
}

function tooManyWords(word: string, app: string): ExitError {
  return usageError(
    `Cannot use ${JSON.stringify(word)}: the application is ${JSON.stringify(app)} already`,
  );
}
