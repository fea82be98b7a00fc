// Merges flags, configuration file and defaults, and notes where each value comes from. Flags win
// over the file, the file over the defaults; within one of them a deadline wins over `timeout`. An
// application of the command line replaces that of the file at the same path.

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
import { OPTION_TABLE } from "./option_table.ts";
import type { MountText } from "./mounts.ts";

/** Where a value comes from. */
export interface Source {
  /** The place where it was written. */
  readonly source: "default" | "inherited" | "config file" | "flag" | "argument";
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
}

/** What the command line gives beside options, and the sockets that its process was started with. */
export interface NamedApps {
  /** The application without a flag. */
  readonly app?: string | undefined;
  /** The applications of `--mount`. */
  readonly mounts?: readonly MountText[];
  /** `bind` for the sockets that the process was started with, if no address is given. */
  readonly inheritedBind?: readonly string[] | undefined;
  /** Whether both numbers of workers come from `--workers`. */
  readonly setsWorkers?: true;
}

/** Merges the command line with the configuration file.
 *
 * @param file the options and applications of the configuration file
 * @param flags the options of the flags
 * @param apps the applications of the command line, and the sockets of the process
 * @returns the options and applications in force and where they come from
 * @throws {ExitError} when two options exclude each other, or one would have no effect */
export function mergeSettings(file: Config, flags: ServerOptions, apps: NamedApps = {}): Settings {
  const { mount: fileMounts = [], ...config } = file;
  const flagOptions = expandTimeout(flags);
  const configOptions = expandTimeout(dropReplacedAddress(flags, config));
  const { inheritedBind } = apps;
  const bind = inheritedBind === undefined ? {} : { bind: inheritedBind };
  const options = { ...configOptions, ...flagOptions, ...bind };
  const mounts = mergeMounts(fileMounts, apps);
  let resolved: ResolvedOptions;
  try {
    resolved = resolveOptions(options, "module"); // APP always names a module
    for (const { prefix, pool } of mounts) {
      if (pool !== undefined) resolveDedicatedPool(pool, resolved, shownPath(prefix));
    }
    if (mounts.length > 0) checkPython(resolved, mounts.some(({ app }) => isPythonApp(app)));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw usageError(asWritten(error.message, flags, config, apps.setsWorkers === true));
  }

  const sources = new Map<EffectiveOption, Source>();
  const given = (name: EffectiveOption) =>
    sourceIn(flags, name, "flag") ?? sourceIn(config, name, "config file");
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
  return { options, resolved, sources, mounts };
}

/** Has a message of the library name options by their flags, if it is about one that a flag has set. Options
 * of the configuration file keep their keys. A name that is also a word of English is an option only in
 * certain places. */
function asWritten(
  message: string,
  flags: ServerOptions,
  config: ServerOptions,
  setsWorkers: boolean,
): string {
  const placeOf = (name: string) => {
    const before = /[A-Z]/.test(name) ? "\\b" : "(?<=Cannot use |together with (?:\\S+ or )?)";
    return new RegExp(`${before}${name}\\b`, "g");
  };
  if (!Object.keys(flags).some((name) => placeOf(name).test(message))) return message;
  const ofMount = message.includes(" in the pool of "); // whose options are in the file
  let written = message;
  for (const { name, flag } of OPTION_TABLE) {
    const mayBeFlag = config[name] === undefined && /[A-Z]/.test(name) && !ofMount;
    if (flags[name] === undefined && !mayBeFlag) continue;
    const isWorkers = setsWorkers && (name === "minWorkers" || name === "maxWorkers");
    written = written.replace(placeOf(name), isWorkers ? "--workers" : flag);
  }
  return written;
}

/** Whether an option is in force. Options that only set others are not among the resolved ones. */
function isEffective(name: TextOption, resolved: ResolvedOptions): name is EffectiveOption {
  return Object.hasOwn(resolved, name);
}

function mergeMounts(
  fileMounts: readonly MountText[],
  { app, mounts = [] }: NamedApps,
): readonly EffectiveMount[] {
  const merged = new Map<string, EffectiveMount>();
  for (const mount of fileMounts) merged.set(mount.prefix, { ...mount, source: "config file" });
  if (app !== undefined) merged.set("", { prefix: "", app, source: "argument" });
  for (const mount of mounts) merged.set(mount.prefix, { ...mount, source: "flag" });
  return [...merged.values()];
}

function sourceIn(
  layer: ServerOptions,
  name: EffectiveOption,
  source: Source["source"],
): Source | undefined {
  if (layer[name] !== undefined) return { source };
  if (isSetByTimeout(name) && layer.timeout !== undefined) return { source, by: "timeout" };
  if (name === "bind" && layer.port !== undefined) return { source, by: "port" };
  if (name === "bind" && layer.hostname !== undefined) return { source, by: "hostname" };
  return undefined;
}

/** Replaces `timeout` by the deadlines that it sets, in the flags and in the file separately, so that
 * `--timeout` wins over a deadline in the file as every flag does. */
function expandTimeout(layer: ServerOptions): ServerOptions {
  const { timeout, ...rest } = layer;
  if (timeout === undefined) return layer;
  return { ...Object.fromEntries(TIMEOUT_MEMBERS.map((name) => [name, timeout])), ...rest };
}

/** Drops the file's address if a flag gives one, even if the two options have different names. */
function dropReplacedAddress(flags: ServerOptions, config: ServerOptions): ServerOptions {
  if (flags.bind !== undefined) return { ...config, hostname: undefined, port: undefined };
  if (flags.hostname !== undefined || flags.port !== undefined) {
    return { ...config, bind: undefined };
  }
  return config;
}

function isSetByTimeout(name: string): boolean {
  return (TIMEOUT_MEMBERS as readonly string[]).includes(name);
}
