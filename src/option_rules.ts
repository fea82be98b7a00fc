// Which values may an option have? One rule per option, and the check that applies it. The defaults
// and what they mean are in `options.ts`; how a value is spelt in text is the command line's business.

import { isHostname, parseBindAddress } from "./bind_address.ts";
import { quoted } from "./http1/protocol_error.ts";
import type { ServerOptions } from "./options.ts";
import { TrustedSources } from "./proxies/trusted_sources.ts";
import { isPem } from "./tls/key_pair.ts";
import { parseSni } from "./tls_options.ts";

/** What kind of value an option has, and its range, ends included. `none`: `Infinity` may be given. */
export type OptionRule =
  | {
    readonly kind: NumberKind;
    readonly min: number;
    readonly max: number;
    readonly none: boolean;
  }
  | {
    readonly kind:
      | "boolean"
      | "addresses"
      | "sources"
      | "paths"
      | "hostname"
      | "account"
      | "field-value"
      | "sni"
      | "tls"
      | "signal"
      | "function";
  }
  | { readonly kind: "text"; readonly placeholder: string }
  | { readonly kind: "choice"; readonly values: readonly string[]; readonly later?: string };

/** Kinds of whole numbers: milliseconds, octets, octets per second, permission bits, plain numbers. */
export type NumberKind = "duration" | "size" | "rate" | "mode" | "count";

/** 2^31 - 1 milliseconds, near 25 days, is the longest that a timer can wait. */
const longest = 2_147_483_647;
/** What is held in memory for one connection must be a size that thousands may have. */
const heldInMemory = 16 * 1024 * 1024;
/** Counts beyond this are typing errors; "no limit" has a name. */
const many = 2 ** 31 - 1;
/** Every thread has a heap, a stack and an event loop of its own. */
const manyThreads = 1_024;
/** V8 ends the process when a heap is too small for its own first objects: 4 MiB do that on Deno 2.9,
 * 6 MiB hold Robusto. This leaves room for those of later versions. */
const leastHeap = 16 * 1024 * 1024;

/** The rule of each option. */
export const OPTION_RULES: { readonly [Name in keyof Required<ServerOptions>]: OptionRule } = {
  bind: { kind: "addresses" },
  hostname: { kind: "hostname" },
  port: count(0, 65_535),
  socketMode: { kind: "mode", min: 0, max: 0o777, none: false },
  socketOwner: { kind: "account" },
  socketGroup: { kind: "account" },
  peerCredentials: { kind: "choice", values: ["off", "ids", "names"] },
  tcpBacklog: count(1, 65_535),
  noDelay: { kind: "boolean" },
  readBufferSize: size(64, heldInMemory),
  writeBufferSize: size(64, heldInMemory),
  tlsCertificate: { kind: "text", placeholder: "FILE" },
  tlsPrivateKey: { kind: "text", placeholder: "FILE" },
  tlsCertificateChain: { kind: "text", placeholder: "FILE" },
  tlsPasswordFile: { kind: "text", placeholder: "FILE" },
  tlsSni: { kind: "sni" },
  tlsAdapter: { kind: "choice", values: ["auto", "deno", "node"] },
  tlsClientAuth: { kind: "choice", values: ["none", "optional", "required"] },
  tlsClientCa: { kind: "text", placeholder: "FILE" },
  tlsMinVersion: { kind: "choice", values: ["TLSv1.2", "TLSv1.3"] },
  tlsCiphers: { kind: "text", placeholder: "NAME:NAME" },
  tlsReloadOnChange: { kind: "boolean" },
  timeout: duration(1),
  handshakeTimeout: duration(1),
  headTimeout: duration(1),
  contentTimeout: duration(1),
  minContentRate: { kind: "rate", min: 0, max: many, none: false },
  requestTimeout: duration(1),
  writeTimeout: duration(1),
  keepAliveTimeout: duration(1),
  shutdownTimeout: duration(0),
  keepAliveLimit: count(0, many, "or none"),
  maxConnections: count(1, many, "or none"),
  maxRequestsPerConnection: count(1, many, "or none"),
  mode: {
    kind: "choice",
    values: ["inline", "pool", "sharded"],
  },
  minWorkers: count(1, manyThreads),
  maxWorkers: count(1, manyThreads),
  exchangesPerWorker: count(1, 1_024),
  queueSize: count(0, many),
  queueTimeout: duration(1),
  handlerTimeout: duration(1),
  responseTimeout: duration(1),
  workerIdleTimeout: duration(1),
  maxExchangesPerWorker: count(1, many, "or none"),
  maxWorkerAge: duration(1),
  maxWorkerHeap: size(leastHeap, 2 ** 40, "or none"), // 1 TiB: V8 takes it, and nobody has more
  workerKind: { kind: "choice", values: ["auto", "web", "killable"] },
  maxAbandonedWorkers: count(0, manyThreads),
  maxRequestLineSize: size(16, heldInMemory), // 16: "GET / HTTP/1.1" and its CRLF
  maxHeadSize: size(16, heldInMemory),
  maxFieldCount: count(1, 65_535),
  maxContentSize: size(0, Number.MAX_SAFE_INTEGER, "or none"),
  maxChunkLineSize: size(32, heldInMemory), // 32: the longest size that is read, and a little
  maxChunkExtensionSize: size(0, heldInMemory),
  maxTrailerSize: size(0, heldInMemory),
  maxTrailerCount: count(0, 65_535),
  drainLimit: size(0, many),
  lingerLimit: size(0, many),
  pythonPath: { kind: "paths" },
  underscoreHeaders: { kind: "choice", values: ["drop", "refuse", "allow"] },
  serverName: { kind: "field-value" },
  protocol: { kind: "choice", values: ["HTTP/1.1", "HTTP/1.0"] },
  proxyMode: { kind: "boolean" },
  strictMode: { kind: "boolean" },
  trustedProxies: { kind: "sources" },
  forwardedFields: { kind: "choice", values: ["x-forwarded", "forwarded", "off"] },
  proxyProtocol: { kind: "choice", values: ["off", "optional", "required"] },
  cert: { kind: "text", placeholder: "PEM" },
  key: { kind: "text", placeholder: "PEM" },
  tls: { kind: "tls" },
  signal: { kind: "signal" },
  onListen: { kind: "function" },
  onError: { kind: "function" },
  onLog: { kind: "function" },
};

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
  rule: { kind: NumberKind; min: number; max: number; none: boolean },
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

function duration(min: number): OptionRule {
  return { kind: "duration", min, max: longest, none: true };
}

function size(min: number, max: number, none?: "or none"): OptionRule {
  return { kind: "size", min, max, none: none !== undefined };
}

function count(min: number, max: number, none?: "or none"): OptionRule {
  return { kind: "count", min, max, none: none !== undefined };
}
