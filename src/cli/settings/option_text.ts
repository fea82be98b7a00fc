// Reads and writes the values of options as text: in flags, configuration files and the help. Each
// kind of value has its spelling here; which option has which kind is in option_table.ts.

import { checkOption, type Spelling } from "../../options/check_option.ts";
import type { ValueRule } from "../../options/option_rules.ts";
import { usageError } from "./exit_error.ts";
import type { OptionRow } from "./option_table.ts";
import {
  DURATION_SPELLINGS,
  formatDuration,
  formatMode,
  formatSize,
  MODE_SPELLINGS,
  NONE,
  parseCount,
  parseDuration,
  parseMode,
  parseSize,
  SIZE_SPELLINGS,
} from "./units.ts";

/** Whether the flag may be repeated, so that each value adds to the earlier ones.
 *
 * @param row the option */
export function isRepeatable({ rule }: OptionRow): boolean {
  return ["addresses", "sources", "sni", "paths"].includes(rule.kind);
}

/** Reads the value of a flag.
 *
 * @param row the option
 * @param text the value as written
 * @param label name of the option in messages
 * @returns the value for `ServerOptions`, in range
 * @throws {ExitError} when the option does not take this value */
export function parseOptionText(row: OptionRow, text: string, label: string): unknown {
  const spelling = { text, format: (value: number) => formatOptionValue(row, value) };
  return checkValue(row, parseValue(row.rule, text, label), label, spelling);
}

/** Reads the value of a key in a configuration file. It is written as in `ServerOptions`; numbers
 * and lists of sources or paths may also be written as in a flag.
 *
 * @param row the option
 * @param value the value of the JSON text
 * @param label name of the option in messages
 * @returns the value for `ServerOptions`, in range
 * @throws {ExitError} when the option does not take this value */
export function parseOptionJson(row: OptionRow, value: unknown, label: string): unknown {
  const isFlagText = typeof value === "string" &&
    ("min" in row.rule || row.rule.kind === "sources" || row.rule.kind === "paths");
  return isFlagText ? parseOptionText(row, value, label) : checkValue(row, value, label);
}

/** Writes a value as a flag takes it.
 *
 * @param row the option
 * @param value its value in `ServerOptions`
 * @returns such as `15s`, `8KiB`, `none` */
export function formatOptionValue(row: OptionRow, value: unknown): string {
  if (row.rule.kind === "duration") return formatDuration(value as number);
  if (row.rule.kind === "size") return formatSize(value as number);
  if (Array.isArray(value) && value.length === 0) return NONE;
  if (row.rule.kind === "mode") return formatMode(value as number);
  return value === Infinity ? NONE : String(value);
}

/** Names the value of an option in the help.
 *
 * @param rule kind and range of its values
 * @returns such as `DURATION` */
export function placeholderOf(rule: ValueRule): string {
  switch (rule.kind) {
    case "duration":
      return "DURATION";
    case "size":
      return "SIZE";
    case "rate":
    case "count":
      return "N";
    case "mode":
      return "OCTAL";
    case "boolean":
      return "[true|false]";
    case "choice":
      return rule.values.join("|");
    case "address":
    case "addresses":
      return "ADDRESS";
    case "sources":
      return "SOURCES";
    case "paths":
      return "PATH";
    case "hostname":
      return "HOST";
    case "account":
      return "NAME";
    case "field-value":
      return "TEXT";
    case "text":
      return rule.placeholder;
    case "sni":
      return "NAME=FILE,FILE";
    case "access-log":
      return "FILE|-";
    case "access-log-format":
      return "common|combined|json|TEMPLATE";
    case "tls":
    case "signal":
    case "function":
      throw new Error(`No option in text has a ${rule.kind} as its value`);
    default:
      return rule satisfies never;
  }
}

function parseValue(rule: ValueRule, text: string, label: string): unknown {
  if (rule.kind === "boolean") {
    if (text === "true" || text === "false") return text === "true";
    throw unreadable(label, "true or false", text);
  }
  if (rule.kind === "sources") return text === NONE ? [] : text.split(",").map((one) => one.trim());
  if (rule.kind === "paths") return text === NONE ? [] : text;
  if (!("min" in rule)) return text;
  if (text === NONE) return rule.kind === "rate" ? 0 : Infinity; // no least rate is a rate of 0
  const [parse, spellings] = {
    duration: [parseDuration, DURATION_SPELLINGS] as const,
    size: [parseSize, SIZE_SPELLINGS] as const,
    rate: [parseSize, SIZE_SPELLINGS] as const,
    mode: [parseMode, MODE_SPELLINGS] as const,
    count: [parseCount, "digits"] as const,
  }[rule.kind];
  const number = parse(text);
  if (number !== undefined) return number;
  throw unreadable(label, spellings + (rule.unlimited ? ", or none" : ""), text);
}

function unreadable(label: string, expected: string, text: string): Error {
  return usageError(`Cannot use ${label}: expected ${expected}, got ${JSON.stringify(text)}`);
}

/** Checks a value as the library does, under the name that the user wrote. */
function checkValue(
  row: OptionRow,
  value: unknown,
  label: string,
  spelling?: Spelling,
): unknown {
  try {
    checkOption(row.name, value, label, spelling);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const { message } = error;
    throw usageError(message.includes(label) ? message : `${message} (${label})`);
  }
  return value;
}
