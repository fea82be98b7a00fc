// Does a value keep to the rule of its option? What is refused is refused here, in the words of every
// message about an option.

import { isHostname, parseBindAddress } from "../net/bind_address.ts";
import { quoted } from "../http1/protocol_error.ts";
import { type NumberKind, OPTION_RULES, type OptionRule } from "./option_rules.ts";
import type { ServerOptions } from "./server_options.ts";
import { TrustedSources } from "../proxies/trusted_sources.ts";
import { isPem } from "../tls/key_pair.ts";
import { parseSni } from "./tls_options.ts";

type NumberRule = Extract<OptionRule, { readonly kind: NumberKind }>;

/** Checks one value.
 *
 * @param name the option
 * @param value what was given for it
 * @param label how the option is called where it was given, such as `--head-timeout`
 * @throws {TypeError} when the value has the wrong type
 * @throws {RangeError} when it is out of range */
export function checkOption(
  name: keyof ServerOptions,
  value: unknown,
  label: string = name,
): void {
  const rule = OPTION_RULES[name];
  switch (rule.kind) {
    case "duration":
    case "size":
    case "rate":
    case "mode":
    case "count":
      return checkNumber(rule, value, label);
    case "boolean":
      return requireType(typeof value === "boolean", "true or false", value, label);
    case "function":
      return requireType(typeof value === "function", "a function", value, label);
    case "signal":
      return requireType(value instanceof AbortSignal, "an AbortSignal", value, label);
    case "choice":
      return checkChoice(rule.values, rule.later, value, label);
    case "field-value":
      return checkFieldValue(value, label);
    case "hostname":
      requireType(typeof value === "string", "a string", value, label);
      if (isHostname(value as string)) return;
      return refuse("a host name or an IP address without a port", value, label);
    case "account":
      return checkAccount(value, label);
    case "addresses":
      return checkAddresses(value, label);
    case "paths":
      return checkPaths(value, label);
    case "sources":
      return checkSources(value, label);
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
): void {
  const unit = {
    duration: "milliseconds",
    size: "octets",
    rate: "octets per second",
    mode: "permission bits",
    count: "",
  }[rule.kind];
  const what = "a whole number" + (unit && ` of ${unit}`);
  requireType(typeof value === "number", what, value, label);
  if (rule.none && value === Infinity) return;
  const number = value as number;
  if (Number.isInteger(number) && number >= rule.min && number <= rule.max) return;
  const range = `${what} from ${rule.min} to ${rule.max}` + (rule.none ? " or Infinity" : "");
  refuse(range, value, label);
}

function checkChoice(
  values: readonly string[],
  later: string | undefined,
  value: unknown,
  label: string,
): void {
  const expected = values.map((each) => JSON.stringify(each)).join(" or ");
  requireType(typeof value === "string", expected, value, label);
  if (!values.includes(value as string)) refuse(expected, value, label, later);
}

/** RFC 9110 §5.5, without obs-text: the value is put on the wire as it is. */
function checkFieldValue(value: unknown, label: string): void {
  requireType(typeof value === "string", "a string", value, label);
  const text = value as string;
  if (text === "" || (text.length <= 256 && /^[!-~]([ -~]*[!-~])?$/.test(text))) return;
  refuse("at most 256 printable ASCII characters, no blank at an end", value, label);
}

/** A name as `useradd` takes it, and some that other systems have; or a number. */
function checkAccount(value: unknown, label: string): void {
  const expected = "a name or a number";
  requireType(typeof value === "string" || typeof value === "number", expected, value, label);
  const holds = typeof value === "number"
    ? Number.isInteger(value) && value >= 0 && value < 2 ** 32 - 1 // the last one is "no change"
    : /^[^\p{Cc}\s:,/-][^\p{Cc}\s:,/]{0,255}$/u.test(value as string);
  if (!holds) refuse(expected, value, label);
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

function requireType(holds: boolean, expected: string, value: unknown, label: string): void {
  if (!holds) throw new TypeError(`Cannot use ${label}: expected ${expected}, got ${shown(value)}`);
}

function refuse(expected: string, value: unknown, label: string, note?: string): never {
  const message = `Cannot use ${label}: expected ${expected}, got ${shown(value)}`;
  throw new RangeError(note === undefined ? message : `${message}; ${note}`);
}

/** A value in a message; of those that may be large or secret only the type. */
function shown(value: unknown): string {
  if (typeof value === "string") return isPem(value) ? "a text in PEM" : quoted(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
