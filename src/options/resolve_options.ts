// Checks the options of a server and fills in the defaults, before anything is opened. Durations are
// milliseconds, sizes octets; `Infinity` is the only spelling of "no limit".

import { resolve } from "node:path";
import {
  type BindAddress,
  DEFAULT_HOSTNAME,
  DEFAULT_PORT,
  formatBindAddress,
  parseBindAddress,
} from "../net/bind_address.ts";
import { logToStandardError } from "../log/event_log.ts";
import type { LogEvent } from "../log/log_event.ts";
import { suggestName } from "./suggest_name.ts";
import { checkOption } from "./check_option.ts";
import { DEFAULTS, type OptionDefaults } from "./defaults.ts";
import { type ResolvedLogs, resolveLogs } from "./log_options.ts";
import { OPTION_RULES } from "./option_rules.ts";
import type { ServerOptions } from "./server_options.ts";
import { checkSocketOptions } from "./socket_options.ts";
import type { TlsAdapter } from "../tls/tls_adapter.ts";
import { type DecidedTlsSettings, resolveTls, type TlsOption } from "./tls_options.ts";
import { resolveAdmin, type ResolvedAdmin } from "./admin_options.ts";
import { resolveMode, resolveWorkerCounts } from "./worker_options.ts";
import type { AppKind, Mode } from "./modes.ts";

/** The options in force for a server. */
export interface ResolvedOptions
  extends
    Omit<OptionDefaults, "bind" | "trustedProxies" | keyof ResolvedLogs>,
    ResolvedLogs,
    ResolvedAdmin,
    Pick<ServerOptions, Exclude<TlsOption, keyof OptionDefaults>> {
  /** The addresses from `bind`, or from `hostname` and `port`. */
  readonly bind: readonly BindAddress[];
  /** See {@linkcode ServerOptions.trustedProxies}. */
  readonly trustedProxies: readonly string[];
  /** See {@linkcode ServerOptions.socketOwner}. */
  readonly socketOwner: string | number | undefined;
  /** See {@linkcode ServerOptions.socketGroup}. */
  readonly socketGroup: string | number | undefined;
  /** Where handlers run. */
  readonly mode: Mode;
  /** See {@linkcode ServerOptions.maxWorkers}. */
  readonly maxWorkers: number;
  /** See {@linkcode ServerOptions.pythonPath}; absolute. */
  readonly pythonPath: readonly string[];
  /** See {@linkcode ServerOptions.chdir}; absolute. */
  readonly chdir: string | undefined;
  /** TLS as one object; `undefined` without TLS. */
  readonly tls: TlsAdapter | DecidedTlsSettings | undefined;
  /** `exchangesPerWorker` of a worker whose application blocks. */
  readonly exchangesPerBlockingWorker: number;
  /** Whether more than `queueSize` may wait that can be served in time: it was not given. */
  readonly queueGrows: boolean;
  /** See {@linkcode ServerOptions.signal}. */
  readonly signal: AbortSignal | undefined;
  /** See {@linkcode ServerOptions.onListen}. */
  readonly onListen: ((addr: Deno.Addr) => void) | undefined;
  /** See {@linkcode ServerOptions.onError}. */
  readonly onError: ServerOptions["onError"];
  /** See {@linkcode ServerOptions.onLog}. Without one, it is the default log, whatever `logFile` and the
   * other options about the log say: the server makes it, as it has to be opened and closed. */
  readonly onLog: (event: LogEvent) => void;
}

/** The deadlines that `timeout` sets. */
export const TIMEOUT_MEMBERS = [
  "handshakeTimeout",
  "headTimeout",
  "contentTimeout",
  "writeTimeout",
  "keepAliveTimeout",
] as const;

/** Checks options and fills in the defaults.
 *
 * @param options the options that were given; a member that is `undefined` counts as not given
 * @param appKind the form in which the application is given, which decides where it can run
 * @returns the options in force, frozen
 * @throws {TypeError} when an option is unknown, has the wrong type, excludes another or would have no
 * effect
 * @throws {RangeError} when a value is out of range */
export function resolveOptions(
  options: ServerOptions<never> = {},
  appKind: AppKind = "value",
): ResolvedOptions {
  const given: { -readonly [Name in keyof ServerOptions]: ServerOptions[Name] } = {};
  for (const [name, asGiven] of Object.entries(options)) {
    if (!isOptionName(name)) throw unknownOption(name);
    if (asGiven === undefined) continue;
    const value = asDenoTakesIt(name, asGiven);
    checkOption(name, value);
    Object.assign(given, { [name]: value });
  }
  const { hostname, port, path, timeout, ...rest } = given;
  const timeouts = timeout === undefined
    ? {}
    : Object.fromEntries(TIMEOUT_MEMBERS.map((name) => [name, timeout]));
  const bind = resolveAddresses(rest.bind, { hostname, port, path });
  const admin = resolveAdmin(given);
  refuseSameAddresses(bind, admin.admin);
  const mode = resolveMode(given, appKind);
  checkSocketOptions(given, bind, mode);
  return Object.freeze({
    socketOwner: undefined,
    socketGroup: undefined,
    signal: undefined,
    onListen: undefined,
    onError: undefined,
    onLog: logToStandardError,
    ...DEFAULTS,
    ...timeouts,
    ...rest as Omit<typeof rest, "onListen" | "admin">, // it takes any address, although its type may name one kind
    exchangesPerBlockingWorker: given.exchangesPerWorker ?? 1,
    queueGrows: given.queueSize === undefined,
    python: resolveProgram(given.python ?? DEFAULTS.python),
    pythonPath: Object.freeze([given.pythonPath ?? []].flat().map((path) => resolve(path))),
    chdir: given.chdir === undefined ? undefined : resolve(given.chdir),
    mode,
    tls: resolveTls(given, mode, bind),
    ...resolveWorkerCounts(given, DEFAULTS.minWorkers),
    ...resolveLogs(given),
    ...admin,
    trustedProxies: resolveTrustedProxies(given),
    bind,
  });
}

/** Refuses `proxyProtocol` and `forwardedFields` without a trusted proxy, as they would have no
 * effect or shut every client out. */
function resolveTrustedProxies(given: ServerOptions): readonly string[] {
  const trusted = [given.trustedProxies ?? DEFAULTS.trustedProxies].flat();
  for (const name of ["proxyProtocol", "forwardedFields"] as const) {
    if (trusted.length > 0 || (given[name] ?? DEFAULTS[name]) === DEFAULTS[name]) continue;
    throw new TypeError(
      `Cannot use ${name} ${JSON.stringify(given[name])} without trustedProxies: expected the ` +
        "addresses of the proxies that are to be believed",
    );
  }
  return Object.freeze(trusted);
}

/** Takes the two spellings that `Deno.serve` takes although its types do not say so: the digits of a port
 * from the environment, and an IPv6 address in brackets. */
function asDenoTakesIt(name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (name === "port" && /^[0-9]{1,5}$/.test(value)) return Number(value);
  if (name === "hostname" && /^\[.*:.*\]$/.test(value)) return value.slice(1, -1);
  return value;
}

/** A path becomes absolute; a name is searched on the PATH. */
function resolveProgram(program: string): string {
  return program.includes("/") ? resolve(program) : program;
}

function resolveAddresses(
  bind: string | readonly string[] | undefined,
  { hostname, port, path }: Pick<ServerOptions, "hostname" | "port" | "path">,
): readonly BindAddress[] {
  if (path !== undefined) {
    if (bind === undefined && hostname === undefined && port === undefined) {
      return Object.freeze([parseBindAddress(`unix:${path}`)]);
    }
    throw new TypeError("Cannot use path together with bind, hostname or port: expected only one");
  }
  if (hostname === undefined && port === undefined) {
    return Object.freeze([bind ?? DEFAULTS.bind].flat().map(parseBindAddress));
  }
  if (bind !== undefined) {
    throw new TypeError(
      "Cannot use bind together with hostname or port: expected the one or the others",
    );
  }
  return Object.freeze([{
    transport: "tcp",
    hostname: hostname ?? DEFAULT_HOSTNAME,
    port: Number(port ?? DEFAULT_PORT), // digits were read above
  }]);
}

/** Refuses an address that is listed twice, which the system would refuse later. Port 0 is another port each
 * time, and a name may have several addresses. */
function refuseSameAddresses(bind: readonly BindAddress[], admin: BindAddress | undefined): void {
  const seen = new Set<string>();
  for (const address of bind) {
    if (isAnyPort(address)) continue;
    const text = formatBindAddress(address);
    if (seen.has(text)) throw new TypeError(`Cannot use bind ${text} twice: expected it once`);
    seen.add(text);
  }
  if (admin === undefined || isAnyPort(admin) || !seen.has(formatBindAddress(admin))) return;
  throw new TypeError(
    `Cannot use admin ${
      formatBindAddress(admin)
    }: the server itself listens there, expected another ` +
      "address",
  );
}

function isAnyPort(address: BindAddress): boolean {
  return address.transport === "tcp" && address.port === 0;
}

function isOptionName(name: string): name is keyof ServerOptions {
  return Object.hasOwn(OPTION_RULES, name);
}

function unknownOption(name: string): TypeError {
  if (name === "automaticCompression") {
    return new TypeError(
      'Cannot use option "automaticCompression": the server compresses nothing, expected a middleware of ' +
        "the application, or the proxy in front, to do it",
    );
  }
  const nearest = suggestName(name, Object.keys(OPTION_RULES));
  return new TypeError(
    `Cannot use option ${JSON.stringify(name)}: no option has this name` +
      (nearest === undefined ? "" : `, did you mean ${nearest}`),
  );
}
