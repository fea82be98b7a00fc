// Has messages of the library name options as the person who starts the server wrote them: by the flag, the
// variable or the key. It is the one place for that; a message needs the name of the option, or the value
// that was given, in quotes.

import { resolve } from "node:path";
import type { TextOption } from "../../options/option_rules.ts";
import type { ServerOptions } from "../../options/server_options.ts";
import { OPTION_TABLE } from "./option_table.ts";

/** The options of one place, such as the environment. */
export interface WrittenOptions {
  readonly options: ServerOptions;
  /** The name of an option there, as a person wrote it. */
  written(name: TextOption): string;
}

/** Renames the options in a message.
 *
 * @param message a message of the library
 * @param layers the places of options, the one that wins first; the configuration file is the last
 * @returns the message with the names that were written */
export function asWritten(message: string, layers: readonly WrittenOptions[]): string {
  const renamed = renameOptions(message, layers);
  if (renamed !== message) return renamed;
  const given = layers.flatMap(({ options, written }) =>
    OPTION_TABLE.filter(({ name }) => isQuoted(options[name], message)).map(({ name }) =>
      written(name)
    )
  );
  const unnamed = [...new Set(given)].filter((name) => !message.includes(name));
  return unnamed.length === 0 ? message : `${message} (${unnamed.join(", ")})`;
}

/** If all options are in the file, the message stays. A name that is also a word of English is an option only
 * in certain places. */
function renameOptions(message: string, layers: readonly WrittenOptions[]): string {
  const placeOf = (name: string) => {
    const before = /[A-Z]/.test(name)
      ? "\\b"
      : "(?<=Cannot use |together with (?:\\S+ or )?|without )";
    return new RegExp(`${before}${name}\\b`, "g");
  };
  const aboveFile = layers.slice(0, -1).flatMap(({ options }) => Object.keys(options));
  if (!aboveFile.some((name) => placeOf(name).test(message))) return message;
  const ofMount = message.includes(" in the pool of "); // whose options are in the file
  let renamed = message;
  for (const { name, flag } of OPTION_TABLE) {
    const layer = layers.find(({ options }) => options[name] !== undefined);
    const isWord = !/[A-Z]/.test(name) && !message.includes(`without ${name}`);
    if (layer === undefined && (ofMount || isWord)) continue;
    renamed = renamed.replace(placeOf(name), layer?.written(name) ?? flag);
  }
  return renamed;
}

/** Whether a message quotes a value, a part of a list in it, or the path that it means. */
function isQuoted(value: unknown, message: string): boolean {
  return [value].flat().some((each) => {
    if (typeof each !== "string" || each === "-") return false;
    const parts = [each, ...each.split(/[=,:]/)].filter((part) => part !== "");
    return parts.some((part) =>
      message.includes(JSON.stringify(part)) || message.includes(JSON.stringify(resolve(part)))
    );
  });
}
