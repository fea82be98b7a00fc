// Checks a value against the rule of its option and makes the error for a wrong one. It is given
// one value at a time; what options require of each other is checked elsewhere.

import { accessLogFormatter } from "../access_log/access_log_format.ts";
import { isHostname, parseBindAddress } from "../net/bind_address.ts";
import { quoted } from "../http1/protocol_error.ts";
import { type NumberRule, OPTION_RULES, type ValueRule } from "./option_rules.ts";
import type { ServerOptions } from "./server_options.ts";
import { TrustedSources } from "../proxies/trusted_sources.ts";
import { isPem } from "../tls/key_pair.ts";
import { parseSni } from "./tls_options.ts";

/** How a person wrote a number, and how messages show others. */
export interface Spelling {
  /** The text that was written. */
  readonly text: string;
  /** Writes a number in the same way. */
  format(value: number): string;
}

/** Checks one value.
 *
 * @param name the option
 * @param value the value that was given
 * @param label name of the option in messages, such as `--head-timeout`
 * @param spelling how a number was written, if it was not given as a number
 * @throws {TypeError} when the value has the wrong type
 * @throws {RangeError} when it is out of range */
export function checkOption(
  name: keyof ServerOptions,
  value: unknown,
  label: string = name,
  spelling?: Spelling,
): void {
  const rule: ValueRule = OPTION_RULES[name];
  switch (rule.kind) {
    case "duration":
    case "size":
    case "rate":
    case "mode":
    case "count":
      return checkNumber(rule, value, label, spelling);
    case "boolean":
      return requireType(typeof value === "boolean", "true or false", value, label);
    case "function":
      return requireType(typeof value === "function", "a function", value, label);
    case "signal":
      return requireType(value instanceof AbortSignal, "an AbortSignal", value, label);
    case "choice":
      return checkChoice(rule.values, value, label);
    case "field-value":
      return checkFieldValue(value, label);
    case "hostname":
      requireType(typeof value === "string", "a string", value, label);
      if (isHostname(value as string)) return;
      return refuse("a host name or an IP address without a port", value, label);
    case "account":
      return checkAccount(value, label);
    case "address":
      requireType(typeof value === "string", "a string", value, label);
      parseBindAddress(value as string);
      return;
    case "addresses":
      return checkAddresses(value, label);
    case "paths":
      return checkPaths(value, label);
    case "sources":
      return checkSources(value, label);
    case "access-log":
      if (typeof value === "function") return;
      requireType(typeof value === "string", "a path, - or a function", value, label);
      if (value === "" || (value as string).includes("\0")) refuse("a path or -", value, label);
      return;
    case "access-log-format":
      requireType(typeof value === "string", "a string", value, label);
      accessLogFormatter(value as string, label);
      return;
    case "text":
      requireType(typeof value === "string", "a string", value, label);
      if (value === "") refuse("a text that is not empty", value, label);
      return;
    case "sni":
      for (const each of Array.isArray(value) ? value : [value]) {
        requireType(typeof each === "string", "a string or several in an array", each, label);
        parseSni(each);
      }
      return;
    case "tls":
      return requireType(
        typeof value === "object" && value !== null,
        "an object",
        value,
        label,
      );
    default:
      rule satisfies never;
  }
}

function checkNumber(
  rule: NumberRule,
  value: unknown,
  label: string,
  spelling: Spelling | undefined,
): void {
  const unit = {
    duration: "milliseconds",
    size: "octets",
    rate: "octets per second",
    mode: "permission bits",
    count: "",
  }[rule.kind];
  const expected = "a whole number" + (unit && ` of ${unit}`);
  requireType(typeof value === "number", expected, value, label);
  if (rule.unlimited && value === Infinity) return;
  const number = value as number;
  if (Number.isInteger(number) && number >= rule.min && number <= rule.max) return;
  if (spelling === undefined) {
    const none = rule.unlimited ? " or Infinity" : "";
    return refuse(`${expected} from ${rule.min} to ${rule.max}${none}`, value, label);
  }
  const what = {
    duration: "a duration",
    size: "a size",
    rate: "octets per second",
    mode: "permission bits",
    count: "a whole number",
  }[rule.kind];
  const [least, most] = [rule.min, rule.max].map((each) => spelling.format(each));
  const none = rule.unlimited ? ` or ${spelling.format(Infinity)}` : "";
  refuseText(`${what} from ${least} to ${most}${none}`, spelling.text, label);
}

function checkChoice(
  values: readonly string[],
  value: unknown,
  label: string,
): void {
  const expected = values.map((each) => JSON.stringify(each)).join(" or ");
  requireType(typeof value === "string", expected, value, label);
  if (!values.includes(value as string)) refuse(expected, value, label);
}

/** Requires RFC 9110 §5.5 without obs-text, as the value is sent unchanged. */
function checkFieldValue(value: unknown, label: string): void {
  requireType(typeof value === "string", "a string", value, label);
  const text = value as string;
  if (text === "" || (text.length <= 256 && /^[!-~]([ -~]*[!-~])?$/.test(text))) return;
  refuse("at most 256 printable ASCII characters, no blank at an end", value, label);
}

/** Takes a number, or a name that `useradd` or another system accepts. */
function checkAccount(value: unknown, label: string): void {
  const expected = "a name or a number";
  requireType(typeof value === "string" || typeof value === "number", expected, value, label);
  const isValid = typeof value === "number"
    ? Number.isInteger(value) && value >= 0 && value < 2 ** 32 - 1 // the last number means "no change"
    : /^[^\p{Cc}\s:,/-][^\p{Cc}\s:,/]{0,255}$/u.test(value as string);
  if (!isValid) refuse(expected, value, label);
}

function checkAddresses(value: unknown, label: string): void {
  const addresses = Array.isArray(value) ? value : [value];
  if (addresses.length === 0) refuse("at least one address", value, label);
  for (const address of addresses) {
    requireType(typeof address === "string", "a string or several in an array", address, label);
    parseBindAddress(address);
  }
}

function checkSources(value: unknown, label: string): void {
  const sources = Array.isArray(value) ? value : [value];
  for (const source of sources) {
    requireType(typeof source === "string", "a string or several in an array", source, label);
  }
  new TrustedSources(sources);
}

function checkPaths(value: unknown, label: string): void {
  for (const path of Array.isArray(value) ? value : [value]) {
    requireType(typeof path === "string", "a path or several in an array", path, label);
    if (path === "" || path.includes("\0")) refuse("a path", path, label);
  }
}

function requireType(isType: boolean, expected: string, value: unknown, label: string): void {
  if (!isType) {
    throw new TypeError(`Cannot use ${label}: expected ${expected}, got ${describe(value)}`);
  }
}

function refuse(expected: string, value: unknown, label: string): never {
  refuseText(expected, describe(value), label);
}

function refuseText(expected: string, got: string, label: string): never {
  throw new RangeError(`Cannot use ${label}: expected ${expected}, got ${got}`);
}

/** Shows a value in a message. Of values that may be large or secret it shows only the type. */
function describe(value: unknown): string {
  if (typeof value === "string") return isPem(value) ? "a text in PEM" : quoted(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
