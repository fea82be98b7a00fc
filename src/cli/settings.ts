// Which value holds, and who gave it? Flags win over the configuration file, the file over the
// defaults; within one of them an explicit deadline wins over `timeout`. Of two applications for one
// place that of the command line holds; those of the file at other places stay beside it.

import {
  type ResolvedOptions,
  resolveOptions,
  TIMEOUT_MEMBERS,
} from "../options/resolve_options.ts";
import { DEFAULTS, type OptionDefaults } from "../options/defaults.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { checkPython } from "../options/worker_options.ts";
import { shownPath } from "../application/application_tree.ts";
import { resolveDedicatedPool } from "../options/mount_pool_options.ts";
import { TLS_OPTIONS, type TlsOption } from "../options/tls_options.ts";
import type { Config } from "./config_file.ts";
import { isPythonApp } from "./load_app.ts";
import { usageError } from "./exit_error.ts";
import type { MountText } from "./mounts.ts";

/** Who gave a value. */
export interface Source {
  /** Where the value was written. */
  readonly source: "default" | "inherited" | "config file" | "flag" | "argument";
  /** The option that set it when that has another name, such as `timeout`. */
  readonly by?: keyof ServerOptions | undefined;
}

/** Options in force that have no constant default. */
const UNSET = ["mode", "maxWorkers", "socketOwner", "socketGroup"] as const;

/** The options that are in force whether they are given or not. */
export type SettledOption = keyof OptionDefaults | typeof UNSET[number] | TlsOption;

/** An application that is served, and who named it. */
export type SettledMount = MountText & Pick<Source, "source">;

/** The options in force. */
export interface Settings {
  /** What the server is made with. */
  readonly options: ServerOptions;
  /** The same with the defaults filled in. */
  readonly resolved: ResolvedOptions;
  /** Who gave each of them. */
  readonly sources: ReadonlyMap<SettledOption, Source>;
  /** What is served. */
  readonly mounts: readonly SettledMount[];
}

/** What a command line names beside options, and what its process was given. */
export interface NamedApps {
  /** The one that no flag stands before. */
  readonly app?: string | undefined;
  /** Applications by `--mount`. */
  readonly mounts?: readonly MountText[];
  /** Addresses of sockets that the process was started with, where nobody says more. */
  readonly inherited?: readonly string[] | undefined;
}

/** Puts the command line over the configuration file.
 *
 * @param file what the configuration file sets
 * @param flags what the flags set
 * @param apps what the command line says is served, and the sockets that it was started with
 * @returns the options and applications in force and where they come from
 * @throws {ExitError} when two options exclude each other, or one does nothing */
export function mergeSettings(file: Config, flags: ServerOptions, apps: NamedApps = {}): Settings {
  const { mount: fileMounts = [], ...config } = file;
  const flagOptions = withoutTimeout(flags);
  const configOptions = withoutTimeout(withoutAddressOf(flags, config));
  const { inherited } = apps;
  const bind = inherited === undefined ? {} : { bind: inherited };
  const options = { ...configOptions, ...flagOptions, ...bind };
  const mounts = settleMounts(fileMounts, apps);
  let resolved: ResolvedOptions;
  try {
    resolved = resolveOptions(options, "module"); // APP is never anything else
    for (const { prefix, pool } of mounts) {
      if (pool !== undefined) resolveDedicatedPool(pool, resolved, shownPath(prefix));
    }
    if (mounts.length > 0) checkPython(resolved, mounts.some(({ app }) => isPythonApp(app)));
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw usageError(error.message);
    throw error;
  }

  const sources = new Map<SettledOption, Source>();
  const given = (name: SettledOption) =>
    sourceIn(flags, name, "flag") ?? sourceIn(config, name, "config file");
  for (const name of [...Object.keys(DEFAULTS), ...UNSET] as SettledOption[]) {
    sources.set(name, given(name) ?? { source: "default" });
  }
  for (const name of TLS_OPTIONS) {
    const source = given(name);
    if (source !== undefined) sources.set(name, source);
  }
  if (inherited !== undefined) {
    sources.set("bind", { source: "inherited" });
  }
  // Of two numbers of workers the one that nobody gave follows the other.
  const [min, max] = [given("minWorkers"), given("maxWorkers")];
  if (min !== undefined && max === undefined) {
    sources.set("maxWorkers", { ...min, by: "minWorkers" });
  }
  if (max !== undefined && min === undefined && resolved.minWorkers < DEFAULTS.minWorkers) {
    sources.set("minWorkers", { ...max, by: "maxWorkers" });
  }
  return { options, resolved, sources, mounts };
}

function settleMounts(
  fileMounts: readonly MountText[],
  { app, mounts = [] }: NamedApps,
): readonly SettledMount[] {
  const settled = new Map<string, SettledMount>();
  for (const mount of fileMounts) settled.set(mount.prefix, { ...mount, source: "config file" });
  if (app !== undefined) settled.set("", { prefix: "", app, source: "argument" });
  for (const mount of mounts) settled.set(mount.prefix, { ...mount, source: "flag" });
  return [...settled.values()];
}

function sourceIn(
  layer: ServerOptions,
  name: SettledOption,
  source: Source["source"],
): Source | undefined {
  if (layer[name] !== undefined) return { source };
  if (isSetByTimeout(name) && layer.timeout !== undefined) return { source, by: "timeout" };
  if (name === "bind" && layer.port !== undefined) return { source, by: "port" };
  if (name === "bind" && layer.hostname !== undefined) return { source, by: "hostname" };
  return undefined;
}

/** Each layer's `timeout` is spelt out in that layer, so that `--timeout` wins over a deadline in the
 * file as every flag does. */
function withoutTimeout(layer: ServerOptions): ServerOptions {
  const { timeout, ...rest } = layer;
  if (timeout === undefined) return layer;
  return { ...Object.fromEntries(TIMEOUT_MEMBERS.map((name) => [name, timeout])), ...rest };
}

/** An address from a flag replaces one in the file even where the two have different names. */
function withoutAddressOf(flags: ServerOptions, config: ServerOptions): ServerOptions {
  if (flags.bind !== undefined) return { ...config, hostname: undefined, port: undefined };
  if (flags.hostname !== undefined || flags.port !== undefined) {
    return { ...config, bind: undefined };
  }
  return config;
}

function isSetByTimeout(name: string): boolean {
  return (TIMEOUT_MEMBERS as readonly string[]).includes(name);
}
