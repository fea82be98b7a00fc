// Merges flags, environment variables, configuration file and defaults, and notes where each value comes
// from. Flags win over variables, these over the file, and the file over the defaults; within one of them a
// deadline wins over `timeout`. So does an application at the same path.

import {
  type ResolvedOptions,
  resolveOptions,
  TIMEOUT_MEMBERS,
} from "../../options/resolve_options.ts";
import { DEFAULTS } from "../../options/defaults.ts";
import { TEXT_OPTIONS, type TextOption } from "../../options/option_rules.ts";
import type { ServerOptions } from "../../options/server_options.ts";
import { checkPython } from "../../options/worker_options.ts";
import { shownPath } from "../../application/application_tree.ts";
import { resolveDedicatedPool } from "../../options/mount_pool_options.ts";
import type { Config } from "./config_file.ts";
import { isPythonApp } from "./app_reference.ts";
import { usageError } from "./exit_error.ts";
import type { MountText } from "./mounts.ts";
import { optionNamed } from "./option_table.ts";
import { NO_VARIABLES, type Variables } from "./variables.ts";
import { asWritten, type WrittenOptions } from "./written_names.ts";

/** Where a value comes from. */
export interface Source {
  /** The place where it was written. */
  readonly source:
    | "default"
    | "inherited"
    | "config file"
    | "flag"
    | "argument"
    | `environment ${string}`;
  /** The option that set it, if it has another name, such as `timeout`. */
  readonly by?: keyof ServerOptions | undefined;
}

/** An option that is in force; the other options in text only set options of this kind. */
export type EffectiveOption = TextOption & keyof ResolvedOptions;

/** An application that is served, and where it was named. */
export type EffectiveMount = MountText & Pick<Source, "source">;

/** The options in force. */
export interface Settings {
  /** The options that the server is made with. */
  readonly options: ServerOptions;
  /** The same options with the defaults filled in. */
  readonly resolved: ResolvedOptions;
  /** Where each option in force comes from. */
  readonly sources: ReadonlyMap<EffectiveOption, Source>;
  /** The applications that are served. */
  readonly mounts: readonly EffectiveMount[];
  /** Has a message of the library name options as a person wrote them. */
  explain(message: string): string;
}

/** What is given beside flags and the file. */
export interface NamedApps {
  /** The application without a flag. */
  readonly app?: string | undefined;
  /** The applications of `--mount`. */
  readonly mounts?: readonly MountText[];
  /** `bind` for the sockets that the process was started with, if no address is given. */
  readonly inheritedBind?: readonly string[] | undefined;
  /** Whether both numbers of workers come from `--workers`. */
  readonly setsWorkers?: true;
  /** What the environment sets. */
  readonly variables?: Variables;
}

/** The options of one place. */
interface Layer extends WrittenOptions {
  /** The place of an option that it sets. */
  source(name: string): Source["source"];
}

/** The host for a port of the platform: it routes clients from outside of the machine. */
const PLATFORM_HOST = "0.0.0.0";

/** Merges the command line with the environment and the configuration file.
 *
 * @param file the options and applications of the configuration file
 * @param flags the options of the flags
 * @param apps the applications of the command line, the sockets of the process, and the environment
 * @returns the options and applications in force and where they come from
 * @throws {ExitError} when two options exclude each other, or one would have no effect */
export function mergeSettings(file: Config, flags: ServerOptions, apps: NamedApps = {}): Settings {
  const { variables = NO_VARIABLES, inheritedBind, setsWorkers = false } = apps;
  const layers = layersOf(file, flags, variables, setsWorkers);
  const bind = inheritedBind === undefined ? {} : { bind: inheritedBind };
  const options = { ...mergeLayers(layers, inheritedBind !== undefined), ...bind };
  const mounts = mergeMounts(file, variables, apps);
  let resolved: ResolvedOptions;
  try {
    resolved = resolveOptions(options, "module"); // APP always names a module
    for (const { prefix, pool } of mounts) {
      if (pool !== undefined) resolveDedicatedPool(pool, resolved, shownPath(prefix));
    }
    if (mounts.length > 0) checkPython(resolved, mounts.some(({ app }) => isPythonApp(app)));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw usageError(asWritten(error.message, layers));
  }

  const sources = new Map<EffectiveOption, Source>();
  const given = (name: EffectiveOption) => {
    for (const layer of layers) {
      const source = sourceIn(layer, name);
      if (source !== undefined) return source;
    }
    return undefined;
  };
  for (const name of TEXT_OPTIONS) {
    if (isEffective(name, resolved)) sources.set(name, given(name) ?? { source: "default" });
  }
  if (inheritedBind !== undefined) sources.set("bind", { source: "inherited" });
  // If only one of the two numbers of workers is given, the other follows it.
  const [min, max] = [given("minWorkers"), given("maxWorkers")];
  if (min !== undefined && max === undefined) {
    sources.set("maxWorkers", { ...min, by: "minWorkers" });
  }
  if (max !== undefined && min === undefined && resolved.minWorkers < DEFAULTS.minWorkers) {
    sources.set("minWorkers", { ...max, by: "maxWorkers" });
  }
  const explain = (message: string) => asWritten(message, layers);
  return { options, resolved, sources, mounts, explain };
}

/** The places of options, the one that wins first. */
function layersOf(
  { mount: _, app: __, ...config }: Config,
  flags: ServerOptions,
  variables: Variables,
  setsWorkers: boolean,
): readonly Layer[] {
  const { options, platform, names } = variables;
  const flagOf = (name: TextOption) =>
    setsWorkers && isWorkers(name) ? "--workers" : optionNamed(name)!.flag;
  const variable = (from: ReadonlyMap<string, string>) => ({
    source: (name: string) => `environment ${from.get(name)}` as const,
    written: (name: TextOption) => from.get(name) ?? name,
  });
  const above = { ...config, ...options, ...flags };
  const layers: readonly Layer[] = [
    { options: flags, source: () => "flag", written: flagOf },
    { options, ...variable(names.options) },
    {
      options: platformOptions(platform, above, { ...options, ...flags }),
      ...variable(names.platform),
    },
    { options: config, source: () => "config file", written: (name) => name },
  ];
  return withoutReplacedAddresses(layers);
}

/** Drops what the platform sets for nothing: numbers of workers beside others, or without workers. */
function platformOptions(
  platform: ServerOptions,
  given: ServerOptions,
  above: ServerOptions,
): ServerOptions {
  const { minWorkers: _, maxWorkers: __, ...address } = platform;
  const isUseless = given.mode === "inline" || above.minWorkers !== undefined ||
    above.maxWorkers !== undefined;
  return isUseless ? address : platform;
}

/** Drops an address if a place above gives one, even if the two options have different names. */
function withoutReplacedAddresses(layers: readonly Layer[]): readonly Layer[] {
  let byBind = false;
  let byParts = false;
  return layers.map((layer) => {
    const { bind, hostname, port, ...rest } = layer.options;
    const parts = {
      ...(hostname === undefined ? {} : { hostname }),
      ...(port === undefined ? {} : { port }),
    };
    const options = {
      ...rest,
      ...(byParts || bind === undefined ? {} : { bind }),
      ...(byBind ? {} : parts),
    };
    byBind ||= !byParts && bind !== undefined;
    byParts ||= !byBind && Object.keys(parts).length > 0;
    return { ...layer, options };
  });
}

/** Joins the options of all places. Without a host, the platform's port is one on all addresses. */
function mergeLayers(layers: readonly Layer[], isInherited: boolean): ServerOptions {
  let merged: ServerOptions = {};
  for (const { options } of layers.toReversed()) merged = { ...merged, ...expandTimeout(options) };
  if (isInherited) {
    const { hostname: _, port: __, ...rest } = merged;
    return rest;
  }
  const portSource = layers.find(({ options }) => options.port !== undefined)?.source("port");
  const isPlatformPort = portSource === "environment PORT";
  return isPlatformPort && merged.hostname === undefined
    ? { ...merged, hostname: PLATFORM_HOST }
    : merged;
}

/** Whether an option is in force. Options that only set others are not among the resolved ones. */
function isEffective(name: TextOption, resolved: ResolvedOptions): name is EffectiveOption {
  return Object.hasOwn(resolved, name);
}

function mergeMounts(
  file: Config,
  variables: Variables,
  { app, mounts = [] }: NamedApps,
): readonly EffectiveMount[] {
  const merged = new Map<string, EffectiveMount>();
  const add = (mount: MountText, source: Source["source"]) =>
    merged.set(mount.prefix, { ...mount, source });
  const addRoot = (app: string | undefined, source: Source["source"]) => {
    if (app !== undefined) add({ prefix: "", app }, source);
  };
  addRoot(file.app, "config file");
  for (const mount of file.mount ?? []) add(mount, "config file");
  addRoot(variables.app, "environment ROBUSTO_APP");
  for (const mount of variables.mounts) add(mount, "environment ROBUSTO_MOUNT");
  addRoot(app, "argument");
  for (const mount of mounts) add(mount, "flag");
  return [...merged.values()];
}

function sourceIn({ options, source }: Layer, name: EffectiveOption): Source | undefined {
  if (options[name] !== undefined) return { source: source(name) };
  if (isSetByTimeout(name) && options.timeout !== undefined) {
    return { source: source("timeout"), by: "timeout" };
  }
  if (name !== "bind") return undefined;
  for (const by of ["port", "hostname"] as const) {
    if (options[by] !== undefined) return { source: source(by), by };
  }
  return undefined;
}

/** Replaces `timeout` by the deadlines that it sets, in each place separately, so that `--timeout` wins over a
 * deadline in the file as every flag does. */
function expandTimeout(layer: ServerOptions): ServerOptions {
  const { timeout, ...rest } = layer;
  if (timeout === undefined) return layer;
  return { ...Object.fromEntries(TIMEOUT_MEMBERS.map((name) => [name, timeout])), ...rest };
}

function isWorkers(name: string): boolean {
  return name === "minWorkers" || name === "maxWorkers";
}

function isSetByTimeout(name: string): boolean {
  return (TIMEOUT_MEMBERS as readonly string[]).includes(name);
}
