// Maps names of users and groups to their ids and back. It reads the local files only, because the runtime
// has no access to name services; an account that is not in them has only its id.

import { requirePermission } from "../io/permissions.ts";

/** Files of accounts, in the same format: the name in the first column, the id in the third. */
const FILES = { user: "/etc/passwd", group: "/etc/group" } as const;

/** Kind of account: user or group. */
export type AccountKind = keyof typeof FILES;

/** Limit of the cache of names by id. */
const MAX_CACHED_NAMES = 256;

/** No account has the name that an option gives. */
export class UnknownAccountError extends Deno.errors.NotFound {
  /** Name of the class, as in every `Error`. */
  override readonly name: string = "UnknownAccountError";
}

/** Finds the id of an account.
 *
 * @param kind user or group
 * @param account its name, or its id as digits or as a number
 * @param use the option that needs it, for the message
 * @returns its id
 * @throws {UnknownAccountError} when no account has this name
 * @throws {Deno.errors.NotCapable} when the file of accounts may not be read */
export function accountId(kind: AccountKind, account: string | number, use: string): number {
  if (typeof account === "number") return account;
  if (/^[0-9]{1,10}$/.test(account)) return Number(account);
  for (const [name, id] of accounts(kind, use)) if (name === account) return id;
  throw new UnknownAccountError(
    `Cannot use ${use}: expected a ${kind} in ${FILES[kind]}, got ${JSON.stringify(account)}`,
  );
}

/** Names of accounts by their ids, each looked up once. */
export class AccountNames {
  readonly #names = { user: new Map<number, string>(), group: new Map<number, string>() };

  /** Reads the files once, so that a missing permission is found early.
   *
   * @param use the option that needs names, for the message
   * @throws {Deno.errors.NotCapable} when the files may not be read */
  constructor(use: string) {
    for (const kind of ["user", "group"] as const) accounts(kind, use);
  }

  /** Finds the name of an account.
   *
   * @returns the name, or undefined when no account has the id */
  nameOf(kind: AccountKind, id: number): string | undefined {
    const known = this.#names[kind];
    const remembered = known.get(id);
    if (remembered !== undefined) return remembered;
    const name = lookUp(kind, id);
    // An id without a name is not cached: the account may be created later.
    if (name !== undefined && known.size >= MAX_CACHED_NAMES) known.clear();
    if (name !== undefined) known.set(id, name);
    return name;
  }
}

function lookUp(kind: AccountKind, id: number): string | undefined {
  try {
    for (const [name, number] of accounts(kind, "")) if (number === id) return name;
  } catch {
    // The file is being replaced; the connection has only its ids.
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
