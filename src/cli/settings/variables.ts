// Reads options from environment variables: `ROBUSTO_` and the name of the flag in capitals, and what hosting
// platforms set (PORT, HOST, WEB_CONCURRENCY). Without the permission to read a variable it counts as not
// set, so that the server runs without --allow-env and never prompts.

import { isPermitted } from "../../io/permissions.ts";
import type { ServerOptions } from "../../options/server_options.ts";
import { suggestName } from "../../options/suggest_name.ts";
import { usageError } from "./exit_error.ts";
import { addMount, checkRoot, type MountText, parseMount } from "./mounts.ts";
import { OPTION_TABLE, optionNamed, type OptionRow } from "./option_table.ts";
import { isRepeatable, parseOptionText } from "./option_text.ts";
import { parseWorkers } from "./workers_text.ts";

/** Variables by name. */
export type Environment = Readonly<Record<string, string>>;

/** What variables set. */
export interface Variables {
  /** The options of `ROBUSTO_*`. */
  readonly options: ServerOptions;
  /** The options of the platform, which rank below. */
  readonly platform: ServerOptions;
  /** The variable that has set each option of `options` and `platform`. */
  readonly names: {
    readonly options: ReadonlyMap<string, string>;
    readonly platform: ReadonlyMap<string, string>;
  };
  /** Path of the configuration file, from `ROBUSTO_CONFIG`. */
  readonly config?: string | undefined;
  /** APP, from `ROBUSTO_APP`. */
  readonly app?: string | undefined;
  /** The applications of `ROBUSTO_MOUNT`. */
  readonly mounts: readonly MountText[];
  /** Names that are not used, for a warning. */
  readonly unused: readonly string[];
}

const PREFIX = "ROBUSTO_";
const ROWS: ReadonlyMap<string, OptionRow> = new Map(
  OPTION_TABLE.map((row) => [variableOf(row.flag), row]),
);
const OTHERS = ["ROBUSTO_APP", "ROBUSTO_MOUNT", "ROBUSTO_WORKERS", "ROBUSTO_CONFIG"];
const OF_PLATFORM = ["PORT", "HOST", "WEB_CONCURRENCY"];

/** What Kubernetes sets in every container for a Service whose name begins with "robusto". The value of
 * the last form is an address such as `tcp://10.0.0.1:80`, no port. */
const OF_KUBERNETES =
  /^ROBUSTO_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)$/;
const ADDRESS_OF_KUBERNETES = /^(?:tcp|udp|sctp):\/\//;

/** Reads the variables that can mean something here.
 *
 * @returns those that may be read; with all permissions, every name with the prefix */
export function readEnvironment(): Environment {
  const environment: Record<string, string> = {};
  if (isPermitted({ name: "env" })) {
    for (const [name, value] of Object.entries(Deno.env.toObject())) {
      if (name.startsWith(PREFIX) || OF_PLATFORM.includes(name)) environment[name] = value;
    }
    return environment;
  }
  for (const name of [...ROWS.keys(), ...OTHERS, ...OF_PLATFORM]) {
    if (!isPermitted({ name: "env", variable: name })) continue;
    const value = Deno.env.get(name);
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/** No variables. */
export const NO_VARIABLES: Variables = parseVariables({});

/** Parses variables. An empty one counts as not set.
 *
 * @param environment the variables
 * @returns what they set
 * @throws {ExitError} when a value is wrong, or a name is near to the name of an option */
export function parseVariables(environment: Environment): Variables {
  const options: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const unused: string[] = [];
  let [app, config]: (string | undefined)[] = [];
  let mounts: readonly MountText[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || text === "" || isOfKubernetes(name, text)) continue;
    const row = ROWS.get(name);
    if (row !== undefined) {
      options[row.name] = parseVariable(row, text, name);
      names.set(row.name, name);
    } else if (name === "ROBUSTO_WORKERS") {
      for (const [option, value] of Object.entries(parseWorkers(text, name))) {
        options[option] = value;
        names.set(option, name);
      }
    } else if (name === "ROBUSTO_APP") app = text;
    else if (name === "ROBUSTO_CONFIG") config = text;
    else if (name === "ROBUSTO_MOUNT") mounts = parseMounts(text, name);
    else {
      refuseMisspelling(name);
      unused.push(name);
    }
  }
  for (const name of ["ROBUSTO_MIN_WORKERS", "ROBUSTO_MAX_WORKERS"]) {
    if (!environment.ROBUSTO_WORKERS || !environment[name]) continue;
    throw usageError(`Cannot use ROBUSTO_WORKERS together with ${name}: it sets both numbers`);
  }
  if (app !== undefined) checkRoot(app, mounts, "ROBUSTO_MOUNT");
  const platform = parsePlatform(environment);
  return {
    options,
    platform: platform.options,
    names: { options: names, platform: platform.names },
    config,
    app,
    mounts,
    unused,
  };
}

/** Reads what platforms set. HOST counts beside PORT only: some shells set it to the machine's name. */
function parsePlatform(environment: Environment): {
  readonly options: ServerOptions;
  readonly names: ReadonlyMap<string, string>;
} {
  const options: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const take = (option: "port" | "hostname", name: string) => {
    const text = environment[name];
    if (text === undefined || text === "") return;
    options[option] = parseOptionText(optionNamed(option)!, text, name);
    names.set(option, name);
  };
  take("port", "PORT");
  if (options.port !== undefined) take("hostname", "HOST");
  const workers = environment.WEB_CONCURRENCY;
  if (workers !== undefined && workers !== "") {
    const number = parseOptionText(optionNamed("minWorkers")!, workers, "WEB_CONCURRENCY");
    for (const option of ["minWorkers", "maxWorkers"]) {
      options[option] = number;
      names.set(option, "WEB_CONCURRENCY");
    }
  }
  return { options, names };
}

/** Splits a list at commas. The two files of `tlsSni` have one between them: there, a comma ends an entry
 * where NAME= follows. */
function parseVariable(row: OptionRow, text: string, name: string): unknown {
  if (!isRepeatable(row)) return parseOptionText(row, text, name);
  const separator = row.rule.kind === "sni" ? /,(?=[^,]*=)/ : ",";
  const values = text.split(separator).map((each) => each.trim());
  return values.map((each) => parseOptionText(row, each, name)).flat();
}

function parseMounts(text: string, name: string): readonly MountText[] {
  let mounts: readonly MountText[] = [];
  for (const each of text.split(/,(?=\s*\/[^,]*=)/)) {
    mounts = addMount(mounts, parseMount(each.trim(), name), name);
  }
  return mounts;
}

/** Refuses a name that is nearly that of an option, as it would silently not be in force. Any other name may
 * be the application's or the platform's. */
function refuseMisspelling(name: string): void {
  const known = [...ROWS.keys(), ...OTHERS].map((each) => each.slice(PREFIX.length));
  const nearest = suggestName(name.slice(PREFIX.length), known);
  if (nearest === undefined) return;
  throw usageError(`Cannot use ${name}: no option has this name, did you mean ${PREFIX + nearest}`);
}

function isOfKubernetes(name: string, text: string): boolean {
  if (OF_KUBERNETES.test(name)) return true;
  return /_PORT$/.test(name) && ADDRESS_OF_KUBERNETES.test(text);
}

/** Names the variable of a flag.
 *
 * @param flag such as `--head-timeout`
 * @returns such as `ROBUSTO_HEAD_TIMEOUT` */
export function variableOf(flag: string): string {
  return PREFIX + flag.slice(2).replaceAll("-", "_").toUpperCase();
}
