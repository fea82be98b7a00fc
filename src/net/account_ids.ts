// Which number has a user or a group, and which name has a number? Asked of the local files only, as
// the runtime has no access to name services; who is not in them is known by number.

import { requirePermission } from "../io/permissions.ts";

/** Files of accounts, in the same form: the name first, the number in the third column. */
const FILES = { user: "/etc/passwd", group: "/etc/group" } as const;

/** What an account is for. */
export type AccountKind = keyof typeof FILES;

/** A number that was looked up is not looked up again, for as many as there may be. */
const MAX_CACHED_NAMES = 256;

/** Finds the number of an account.
 *
 * @param kind user or group
 * @param account its name, or its number in digits or as such
 * @param use what it is for, for the message
 * @returns its number
 * @throws {Error} when no account has this name
 * @throws {Deno.errors.NotCapable} when the file of accounts may not be read */
export function accountId(kind: AccountKind, account: string | number, use: string): number {
  if (typeof account === "number") return account;
  if (/^[0-9]{1,10}$/.test(account)) return Number(account);
  for (const [name, id] of accounts(kind, use)) if (name === account) return id;
  throw new Deno.errors.NotFound(
    `Cannot use ${use}: expected a ${kind} in ${FILES[kind]}, got ${JSON.stringify(account)}`,
  );
}

/** Names of accounts by their numbers, each looked up once. */
export class AccountNames {
  readonly #names = { user: new Map<number, string>(), group: new Map<number, string>() };

  /** Reads the files once, so that it is known whether they can be read.
   *
   * @param use what names are for, for the message
   * @throws {Deno.errors.NotCapable} when they may not be */
  constructor(use: string) {
    for (const kind of ["user", "group"] as const) accounts(kind, use);
  }

  /** Finds the name of a number.
   *
   * @returns the name, or nothing when none has it */
  nameOf(kind: AccountKind, id: number): string | undefined {
    const known = this.#names[kind];
    const remembered = known.get(id);
    if (remembered !== undefined) return remembered;
    const name = lookUp(kind, id);
    // Those without a name are asked for again: the account may be about to be made.
    if (name !== undefined && known.size >= MAX_CACHED_NAMES) known.clear();
    if (name !== undefined) known.set(id, name);
    return name;
  }
}

function lookUp(kind: AccountKind, id: number): string | undefined {
  try {
    for (const [name, number] of accounts(kind, "")) if (number === id) return name;
  } catch {
    // The file is being replaced; the connection is known by its numbers.
  }
  return undefined;
}

function accounts(kind: AccountKind, use: string): [name: string, id: number][] {
  const path = FILES[kind];
  requirePermission({ name: "read", path }, `--allow-read=${path}`, use);
  return Deno.readTextFileSync(path).split("\n")
    .map((line) => line.split(":"))
    .filter(([name, , id]) => name !== "" && /^[0-9]{1,10}$/.test(id ?? ""))
    .map(([name, , id]) => [name, Number(id)]);
}
