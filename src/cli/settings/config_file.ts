// Reads a configuration file: a JSON object with the keys of `ServerOptions`, and `mount` for
// applications. Numbers may be spelt as on the command line ("10s", "16KiB", "none").

import { isPermitted } from "../../io/permissions.ts";
import { suggestName } from "../../options/suggest_name.ts";
import type { ServerOptions } from "../../options/server_options.ts";
import { usageError } from "./exit_error.ts";
import { type MountText, parseMountJson } from "./mounts.ts";
import { OPTION_TABLE, optionNamed } from "./option_table.ts";
import { parseOptionJson } from "./option_text.ts";

/** The content of a configuration file. */
export interface Config extends ServerOptions {
  /** Applications with the beginnings of their paths. */
  readonly mount?: readonly MountText[];
}

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
    config = JSON.parse(text);
  } catch (error) {
    throw usageError(`Cannot read configuration file ${path}: ${(error as Error).message}`);
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
    const row = optionNamed(name);
    if (row === undefined) {
      const nearest = suggestName(name, [...OPTION_TABLE.map((each) => each.name), "mount"]);
      throw usageError(
        `Cannot use ${JSON.stringify(name)} in ${path}: no option has this name` +
          (nearest === undefined ? "" : `, did you mean ${nearest}`),
      );
    }
    options[name] = parseOptionJson(row, value, `${name} in ${path}`);
  }
  return options;
}
