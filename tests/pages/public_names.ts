// The public names of the package, as `deno doc` knows them: the names of each entry, and the members of
// classes and interfaces with those that they inherit.

import { ROOT } from "../support/root.ts";

/** What the package exports. */
export interface PublicNames {
  /** The names of each entry, by its name in `exports` of deno.json. */
  readonly entries: ReadonlyMap<string, readonly string[]>;
  /** Whether there is an export `Name`, or a member of one, `Name.member`. */
  has(name: string): boolean;
  /** Members of an export.
   *
   * @param name of a class or an interface */
  membersOf(name: string): readonly string[];
}

interface Definition {
  readonly extends?: string | readonly { readonly repr: string }[];
  readonly properties?: readonly { readonly name: string }[];
  readonly methods?: readonly { readonly name: string }[];
}

interface Documentation {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocumentedSymbol[] }>>;
}

interface DocumentedSymbol {
  readonly name: string;
  readonly declarations: readonly { readonly kind: string; readonly def?: Definition }[];
}

/** Runs `deno doc` once over all entries. */
export async function readPublicNames(): Promise<PublicNames> {
  const config = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const exported = Object.entries<string>(config.exports);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...exported.map(([, path]) => path)],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Documentation;

  const entries = new Map(exported.map(([entry, path]) => {
    const { symbols } = nodes[new URL(path, ROOT).href];
    return [
      entry,
      [...new Set(symbols.map(({ name }) => name))].filter((name) => name !== "default"),
    ];
  }));
  const definitions = new Map<string, Definition[]>();
  for (const { name, declarations } of Object.values(nodes).flatMap(({ symbols }) => symbols)) {
    const found = declarations.filter(({ kind }) => kind !== "reference").map(({ def }) =>
      def ?? {}
    );
    definitions.set(name, [...definitions.get(name) ?? [], ...found]);
  }
  const membersOf = (name: string): string[] =>
    (definitions.get(name) ?? []).flatMap((
      { extends: bases = [], properties = [], methods = [] },
    ) => [
      ...[...properties, ...methods].map(({ name }) => name),
      ...[bases].flat().flatMap((base) => membersOf(typeof base === "string" ? base : base.repr)),
    ]);
  return {
    entries,
    membersOf,
    has(name) {
      const [, owner, member] = /^(\w+)(?:\.(.+))?$/.exec(name) ?? [];
      if (member === undefined) return definitions.has(owner);
      return membersOf(owner).includes(member);
    },
  };
}
