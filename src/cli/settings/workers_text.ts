// Parses the short form of both numbers of workers, `N` or `N:M`: a flag, a variable and a key have it.

import type { ServerOptions } from "../../options/server_options.ts";
import { usageError } from "./exit_error.ts";
import { optionNamed } from "./option_table.ts";
import { parseOptionText } from "./option_text.ts";

/** Parses the numbers of workers. `N` sets both, so that it also replaces a `maxWorkers` of a place that
 * ranks below.
 *
 * @param text `N` or `N:M`
 * @param label name of the flag, variable or key in messages
 * @returns `minWorkers` and `maxWorkers`
 * @throws {ExitError} when the text has another form */
export function parseWorkers(text: string, label: string): ServerOptions {
  const [, min, max = min] = /^([0-9]+)(?::([0-9]+))?$/.exec(text) ?? [];
  const expected = `Cannot use ${label}: expected N or N:M, got ${JSON.stringify(text)}`;
  if (min === undefined) throw usageError(expected);
  const [minWorkers, maxWorkers] = [min, max].map((digits) =>
    parseOptionText(optionNamed("minWorkers")!, digits, label) as number
  );
  if (minWorkers > maxWorkers) throw usageError(`${expected}, where N is above M`);
  return { minWorkers, maxWorkers };
}
