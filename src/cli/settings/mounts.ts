// Parses `--mount` and the key `mount` of a configuration file: which application is served at
// which path.

import { readPrefix } from "../../gateway/path/prefix_table.ts";
import { shownPath } from "../../application/application_tree.ts";
import { suggestName } from "../../options/suggest_name.ts";
import { POOL_OPTIONS } from "../../options/worker_options.ts";
import type { PoolOptions } from "../../options/server_options.ts";
import { usageError } from "./exit_error.ts";
import { optionNamed } from "./option_table.ts";
import { parseOptionJson } from "./option_text.ts";

/** An application and the beginning of its paths, as written. */
export interface MountText {
  /** Beginning of its paths; empty for the root. */
  readonly prefix: string;
  /** APP. */
  readonly app: string;
  /** Options of its dedicated pool, if it has one. */
  readonly pool?: PoolOptions | undefined;
}

/** Parses the value of `--mount`.
 *
 * @param text `/PREFIX=APP`; the first equals sign ends the prefix
 * @param label name of the flag or variable in messages
 * @returns the application and its prefix
 * @throws {ExitError} when the text has another form */
export function parseMount(text: string, label: string): MountText {
  const equals = text.indexOf("=");
  if (equals < 0) {
    throw usageError(`Cannot use ${label}: expected /PREFIX=APP, got ${JSON.stringify(text)}`);
  }
  const prefix = parsePrefix(text.slice(0, equals), label);
  return { prefix, app: requireApp(text.slice(equals + 1), `${label} ${shownPath(prefix)}`) };
}

/** Lists the applications as written, for messages. */
export function formatApps(mounts: readonly MountText[]): string {
  return mounts.map(({ app }) => app).join(", ");
}

/** Adds an application to others.
 *
 * @param mounts the others
 * @param mount the application to add
 * @param label name of the mount in messages
 * @returns all of them
 * @throws {ExitError} when another application has the same prefix */
export function addMount(
  mounts: readonly MountText[],
  mount: MountText,
  label: string,
): readonly MountText[] {
  const other = mounts.find(({ prefix }) => prefix === mount.prefix);
  if (other === undefined) return [...mounts, mount];
  throw usageError(
    `Cannot use ${label}: expected one application there, got ` +
      `${JSON.stringify(other.app)} and ${JSON.stringify(mount.app)}`,
  );
}

/** Refuses a mount at the root beside APP, which is mounted there.
 *
 * @param app APP
 * @param mounts the applications of the same place
 * @param label name of the flag, variable or key with the mounts in messages
 * @throws {ExitError} when one of them is at the root */
export function checkRoot(app: string, mounts: readonly MountText[], label: string): void {
  const root = mounts.find(({ prefix }) => prefix === "");
  if (root === undefined) return;
  throw usageError(
    `Cannot use ${label} /=${root.app}: the application at / is ${JSON.stringify(app)} already`,
  );
}

/** Parses the key `mount` of a configuration file.
 *
 * @param value its value: an object whose keys are prefixes and whose values are APP, or
 * `{ "app": APP, "pool": { … } }`
 * @param path path of the file, for messages
 * @returns the applications and their prefixes
 * @throws {ExitError} when the value has another form */
export function parseMountJson(value: unknown, path: string): readonly MountText[] {
  const label = `mount in ${path}`;
  if (!isObject(value)) {
    throw usageError(`Cannot use ${label}: expected an object whose keys are paths`);
  }
  let mounts: readonly MountText[] = [];
  for (const [key, member] of Object.entries(value)) {
    const prefix = parsePrefix(key, label);
    const at = shownPath(prefix);
    const mount = { prefix, ...parseMountMember(member, at, path) };
    mounts = addMount(mounts, mount, `mount ${at} in ${path}`);
  }
  return mounts;
}

function parseMountMember(member: unknown, at: string, path: string): Omit<MountText, "prefix"> {
  const label = `mount ${at} in ${path}`;
  if (typeof member === "string") return { app: requireApp(member, label) };
  const expected = `Cannot use ${label}: expected APP or { "app": APP, "pool": { … } }`;
  if (!isObject(member) || typeof member.app !== "string") throw usageError(expected);
  const unknown = Object.keys(member).find((key) => key !== "app" && key !== "pool");
  if (unknown !== undefined) throw usageError(`${expected}, got ${JSON.stringify(unknown)} too`);
  const app = requireApp(member.app, label);
  return member.pool === undefined ? { app } : { app, pool: parsePoolJson(member.pool, at, path) };
}

function parsePoolJson(value: unknown, at: string, path: string): PoolOptions {
  const where = `in the pool of ${at} in ${path}`;
  if (!isObject(value)) {
    throw usageError(`Cannot use pool of ${at} in ${path}: expected an object with options`);
  }
  const options: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    const row = (POOL_OPTIONS as readonly string[]).includes(name) ? optionNamed(name) : undefined;
    if (row === undefined) {
      const nearest = suggestName(name, POOL_OPTIONS);
      throw usageError(
        `Cannot use ${JSON.stringify(name)} ${where}: no option about workers has this name` +
          (nearest === undefined ? "" : `, did you mean ${nearest}`),
      );
    }
    options[name] = parseOptionJson(row, each, `${name} ${where}`);
  }
  return options;
}

function parsePrefix(text: string, label: string): string {
  try {
    return readPrefix(text);
  } catch (error) {
    throw usageError((error as Error).message.replace("mount application", () => `use ${label}`));
  }
}

function requireApp(text: string, label: string): string {
  if (text !== "") return text;
  throw usageError(`Cannot use ${label}: expected APP, such as ./app.ts`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
