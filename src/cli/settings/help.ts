// The texts that `--help` and `--print-config` print.

import { formatBindAddress } from "../../net/bind_address.ts";
import { shownPath } from "../../application/application_tree.ts";
import { DEFAULTS, type OptionDefaults } from "../../options/defaults.ts";
import { OPTION_GROUPS, OPTION_TABLE, type OptionRow } from "./option_table.ts";
import { formatOptionValue, placeholderOf } from "./option_text.ts";
import type { EffectiveMount, EffectiveOption, Settings } from "./settings.ts";
import { isPem } from "../../tls/key_pair.ts";
import { POOL_OPTIONS } from "../../options/worker_options.ts";
import { DURATION_SPELLINGS, SIZE_SPELLINGS } from "./units.ts";

const USAGE = `Usage: deno run -A mod.ts APP [options]
       deno run -A mod.ts --mount /PREFIX=APP --mount /=APP [options]

Serves APP over HTTP/1.1. APP is the module of an application:
  ./app.ts              its default export
  ./app.ts:name         its export of that name
  ./app.py:name         a WSGI application in Python, without :name the one called application
  package.module:name   the same by the name of its module, as other servers take it
  https://host/app.ts   the same by an http:, https: or file: URL, with or without :name
The export is a function (request, info) => Response, an object with such a function as fetch, an
object with a WSGI application as wsgi or a (req, res) => … of node:http as node, an Express,
Connect, Koa or Fastify instance, an http.Server, or a Gateway, such as a PathDispatcher.

Other flags:
  --mount /PREFIX=APP   an application for paths below /PREFIX; repeatable; the longest prefix wins,
                        and APP without a flag is at /
  -w, --workers N[:M]   --min-workers N and --max-workers M, or N without :M
  -c, --config FILE     options from a JSON object, under the names of the flags in camelCase, with
                        "app", "workers" and
                        "mount": { "/PREFIX": APP or { "app": APP, "pool": { "maxWorkers": 1 } } };
                        comments and trailing commas may stand in it
  --watch               for development: load the application again when its files change
  --check               load configuration and application, say whether they can be served, stop
  --print-config        show the options in force and where each comes from, and stop
  -h, --help            show this, and stop
  -V, --version         show the version, and stop

Values: --flag VALUE or --flag=VALUE; -b is --bind, --host is --hostname.
Every option is also a variable: --head-timeout is ROBUSTO_HEAD_TIMEOUT, in lists with commas. Flags
win over ROBUSTO_*, these over PORT, HOST and WEB_CONCURRENCY of a hosting platform, these over the
file.
  DURATION  ${DURATION_SPELLINGS}
  SIZE      ${SIZE_SPELLINGS}
  none      no limit, where there can be none

SIGTERM and SIGINT finish the requests in flight and stop; a second one stops at once.
SIGHUP loads the application afresh, in new workers that take over when they are ready, and reads
certificates again.
SIGUSR2 starts a successor with the same words on the same sockets, and stops when that one serves.
Exit codes: 0 stopped, 2 wrong arguments or configuration, 3 application not loaded, 4 address not
bound, 1 anything else.`;

/** Makes the text of `--help`.
 *
 * @returns several lines */
export function helpText(): string {
  const sections = OPTION_GROUPS.map((group) => {
    const rows = OPTION_TABLE.filter((row) => row.group === group);
    return [`\n${group}:`, ...rows.map(helpOf)].join("\n");
  });
  return [USAGE, ...sections].join("\n");
}

function helpOf(row: OptionRow): string {
  const value = Object.hasOwn(DEFAULTS, row.name)
    ? ` (default ${formatOptionValue(row, DEFAULTS[row.name as keyof OptionDefaults])})`
    : "";
  return `  ${row.flag} ${placeholderOf(row.rule)}\n      ${row.summary}${value}`;
}

/** Makes the text of `--print-config`: a table that is also JSON.
 *
 * @param settings the options in force
 * @returns one line for each option, with its value, the flag's spelling of a duration or size,
 * and the source of the value, then one line for each application. `Infinity` is `"none"`, as in a
 * configuration file */
export function configText(settings: Settings): string {
  const rows = OPTION_TABLE.filter((row) => isInForce(row, settings));
  const mounts = settings.mounts.map(mountCells);
  const names = [...rows, ...mounts].map(({ name }) => name);
  const width = Math.max(...names.map((name) => JSON.stringify(name).length)) + 2;
  const lines = rows.map((row) => {
    const name = row.name as EffectiveOption;
    const value = name === "bind"
      ? settings.resolved.bind.map(formatBindAddress)
      : name === "admin"
      ? settings.resolved.admin && formatBindAddress(settings.resolved.admin)
      : settings.resolved[name];
    const json = value === Infinity ? "none" : withoutSecrets(value);
    const text = formatOptionValue(row, value);
    const spelling = typeof value === "number" && text !== String(json) ? { text } : {};
    return lineOf(name, { value: json, ...spelling, ...settings.sources.get(name) }, width);
  });
  lines.push(...mounts.map(({ name, cells }) => lineOf(name, cells, width)));
  return `{\n${lines.join(",\n")}\n}`;
}

/** Hides a private key that stands in the configuration file itself, as users paste this text
 * elsewhere. */
function withoutSecrets(value: unknown): unknown {
  return typeof value === "string" && isPem(value) ? "a text in PEM" : value;
}

function mountCells(
  { prefix, app, pool, source }: EffectiveMount,
): { name: string; cells: object } {
  const value = pool === undefined ? app : { app, pool };
  return { name: `mount ${shownPath(prefix)}`, cells: { value, source } };
}

function lineOf(name: string, cells: object, width: number): string {
  const fields = Object.entries(cells).filter(([, cell]) => cell !== undefined).map(
    ([key, cell]) =>
      `${JSON.stringify(key)}: ${
        JSON.stringify(cell, (_, part) => part === Infinity ? "none" : part)
      }`,
  );
  return `  ${`${JSON.stringify(name)}:`.padEnd(width)}{ ${fields.join(", ")} }`;
}

/** Whether an option is shown: it has a value, and if it is about workers, there are workers. */
function isInForce({ name }: OptionRow, { resolved }: Settings): boolean {
  if (resolved.mode === "inline" && (POOL_OPTIONS as readonly string[]).includes(name)) {
    return false;
  }
  return resolved[name as EffectiveOption] !== undefined;
}
