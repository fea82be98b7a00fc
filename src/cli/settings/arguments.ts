// Parses the arguments of the command line; it reads no file. A flag is `--flag VALUE` or
// `--flag=VALUE` and stands once, unless it adds to a list. The flag of a boolean may stand alone
// and then means true (`--no-delay` is the option `noDelay`, not the denial of a `delay`).

import { shownPath } from "../../application/application_tree.ts";
import { suggestName } from "../../options/suggest_name.ts";
import type { ServerOptions } from "../../options/server_options.ts";
import { type ExitError, usageError } from "./exit_error.ts";
import { adviceOnFlag } from "./flags_of_other_servers.ts";
import { addMount, checkRoot, type MountText, parseMount } from "./mounts.ts";
import { OPTION_TABLE, type OptionRow } from "./option_table.ts";
import { isRepeatable, parseOptionText } from "./option_text.ts";
import { parseWorkers } from "./workers_text.ts";

/** The parsed arguments. */
export type Arguments =
  | { readonly action: "help" }
  | { readonly action: "version" }
  | {
    readonly action: "serve" | "check" | "print-config";
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
    /** Whether `--watch` was given. */
    readonly watch?: boolean;
  };

const ROWS: ReadonlyMap<string, OptionRow> = new Map(OPTION_TABLE.map((row) => [row.flag, row]));
/** Flags without a value that say what to do. */
const ACTIONS = ["--check", "--print-config"] as const;
const OTHER_FLAGS = [
  "--mount",
  "--workers",
  "--config",
  ...ACTIONS,
  "--watch",
  "--help",
  "--version",
];
/** Other spellings of flags. A short one has its value in the next word. */
const ALIASES: Readonly<Record<string, string>> = {
  "-b": "--bind",
  "-w": "--workers",
  "-c": "--config",
  "--host": "--hostname",
};

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
  let action: "serve" | typeof ACTIONS[number] = "serve";
  let watch = false;

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

    const [written, attached] = splitFlag(word);
    const flag = Object.hasOwn(ALIASES, written) ? ALIASES[written] : written;
    const row = ROWS.get(flag);
    if (row === undefined && !OTHER_FLAGS.includes(flag)) throw unknownFlag(written);
    if (seen.has(flag) && !(row === undefined ? flag === "--mount" : isRepeatable(row))) {
      throw usageError(`Cannot use ${written} twice: expected it once`);
    }
    seen.add(flag);

    if (flag === "--watch" || isAction(flag)) {
      if (attached !== undefined) throw usageError(`Cannot give ${flag} a value: it takes none`);
      if (flag === "--watch") watch = true;
      else if (action === "serve") action = flag;
      else throw usageError(`Cannot use ${flag} together with ${action}: expected one of them`);
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
      throw usageError(`Cannot use ${written}: expected a value behind it`);
    }
    if (attached === undefined) position++;
    if (flag === "--workers") {
      Object.assign(options, parseWorkers(next, written));
    } else if (flag === "--mount") {
      const mount = parseMount(next, flag);
      mounts = addMount(mounts, mount, `${flag} ${shownPath(mount.prefix)}`);
    } else if (row === undefined) {
      if (next === "") throw usageError(`Cannot use ${written}: expected the path of a file`);
      config = next;
    } else if (isRepeatable(row)) {
      options[row.name] = [options[row.name] ?? [], parseOptionText(row, next, written)].flat(2);
    } else {
      options[row.name] = parseOptionText(row, next, written);
    }
  }

  for (const flag of ["--min-workers", "--max-workers"]) {
    if (!seen.has("--workers") || !seen.has(flag)) continue;
    throw usageError(`Cannot use --workers together with ${flag}: it sets both numbers`);
  }
  const setsWorkers = seen.has("--workers") ? { setsWorkers: true } as const : {};
  if (app !== undefined) checkRoot(app, mounts, "--mount");
  const rest = { app, mounts, config, options, ...setsWorkers, ...(watch ? { watch } : {}) };
  return { action: action.replace("--", "") as "serve" | "check" | "print-config", ...rest };
}

function isAction(flag: string): flag is typeof ACTIONS[number] {
  return (ACTIONS as readonly string[]).includes(flag);
}

function splitFlag(word: string): [flag: string, attached: string | undefined] {
  const equals = word.indexOf("=");
  return equals < 0 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)];
}

function unknownFlag(flag: string): ExitError {
  const nearest = suggestName(flag, [...ROWS.keys(), ...OTHER_FLAGS, "--host"]);
  const advice = adviceOnFlag(flag) ??
    (nearest === undefined ? undefined : `did you mean ${nearest}`);
  return usageError(
    `Cannot use ${flag}: no flag has this name` + (advice === undefined ? "" : `, ${advice}`),
  );
}

function tooManyWords(word: string, app: string): ExitError {
  return usageError(
    `Cannot use ${JSON.stringify(word)}: the application is ${JSON.stringify(app)} already`,
  );
}
