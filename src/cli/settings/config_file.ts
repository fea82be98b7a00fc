// Reads a configuration file: an object in JSON with comments, with the keys of `ServerOptions`, `workers`
// for both numbers of them, `app` and `mount` for applications. Numbers may be spelt as on the command line
// ("10s", "16KiB", "none").

import { isPermitted } from "../../io/permissions.ts";
import { suggestName } from "../../options/suggest_name.ts";
import type { ServerOptions } from "../../options/server_options.ts";
import { usageError } from "./exit_error.ts";
import { foreignKind } from "./config_of_other_servers.ts";
import { flagInstead } from "./flags_of_other_servers.ts";
import { parseJsonc } from "./jsonc.ts";
import { checkRoot, type MountText, parseMountJson } from "./mounts.ts";
import { flagOf, OPTION_TABLE, optionNamed } from "./option_table.ts";
import { parseOptionJson } from "./option_text.ts";
import { parseWorkers } from "./workers_text.ts";

/** The content of a configuration file. */
export interface Config extends ServerOptions {
  /** Applications with the beginnings of their paths. */
  readonly mount?: readonly MountText[];
  /** APP, at the root. */
  readonly app?: string;
}

/** What to do with a file of another kind. */
const WRITE_JSON =
  'write JSON such as { "bind": "0.0.0.0:8080", "workers": 4 }, --print-config shows all keys';

/** Keys beside those of options. `$schema` is for editors. */
const OTHER_KEYS = ["app", "mount", "workers", "$schema"];

/** Reads a configuration file.
 *
 * @param path path of the file
 * @returns the options that it sets, in range
 * @throws {ExitError} when it cannot be read or parsed */
export async function readConfigFile(path: string): Promise<Config> {
  if (!isPermitted({ name: "read", path })) {
    throw usageError(
      `Cannot read configuration file ${path}: it needs the permission --allow-read=${path}`,
    );
  }
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw usageError(`Cannot read configuration file ${path}: ${(error as Error).message}`);
  }
  return parseConfig(text, path);
}

/** Parses the text of a configuration file.
 *
 * @param text the JSON text
 * @param path path of the file, for messages
 * @returns the options that it sets, in range
 * @throws {ExitError} when it cannot be parsed */
export function parseConfig(text: string, path: string): Config {
  let config: unknown;
  try {
    config = parseJsonc(text);
  } catch (error) {
    const kind = foreignKind(path, text);
    const reason = kind === undefined ? (error as Error).message : `it is ${kind}; ${WRITE_JSON}`;
    throw usageError(`Cannot read configuration file ${path}: ${reason}`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw usageError(`Cannot read configuration file ${path}: expected a JSON object`);
  }
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    if (name === "mount") {
      options.mount = parseMountJson(value, path);
      continue;
    }
    if (name === "$schema") continue;
    if (name === "app") {
      if (typeof value !== "string" || value === "") {
        throw usageError(`Cannot use app in ${path}: expected APP, such as "./app.ts"`);
      }
      options.app = value;
      continue;
    }
    if (name === "workers") {
      Object.assign(options, parseWorkersJson(value, config, path));
      continue;
    }
    const row = optionNamed(name);
    if (row === undefined) {
      const nearest = keyInstead(name) ??
        suggestName(name, [...OPTION_TABLE.map((each) => each.name), ...OTHER_KEYS]);
      throw usageError(
        `Cannot use ${JSON.stringify(name)} in ${path}: no option has this name` +
          (nearest === undefined ? "" : `, did you mean ${nearest}`),
      );
    }
    options[name] = parseOptionJson(row, value, `${name} in ${path}`);
  }
  if (typeof options.app === "string" && options.mount !== undefined) {
    checkRoot(options.app, options.mount as readonly MountText[], `mount in ${path}`);
  }
  return options;
}

/** The key that stands for a setting of another server, such as `max_requests`. */
function keyInstead(name: string): string | undefined {
  const flag = flagInstead(flagOf(name));
  if (flag === "--workers") return "workers";
  return OPTION_TABLE.find((row) => row.flag === flag)?.name;
}

function parseWorkersJson(value: unknown, config: object, path: string): ServerOptions {
  const label = `workers in ${path}`;
  for (const name of ["minWorkers", "maxWorkers"]) {
    if (!Object.hasOwn(config, name)) continue;
    throw usageError(`Cannot use ${label} together with ${name}: it sets both numbers`);
  }
  if (typeof value === "number" || typeof value === "string") {
    return parseWorkers(String(value), label);
  }
  throw usageError(`Cannot use ${label}: expected a number or "N:M"`);
}
