// The dependencies of src/ obey the tables below (docs/architecture.md): imports between folders, and names
// of the platform. `deno info` lists the imports, and the parser of `deno lint` finds the names.

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "./support/root.ts";

/** The folders that each folder of src/ may import: one row a folder, the lowest first. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "http1/": [],
  "io/": ["http1/"],
  "websocket/": ["io/"],
  "log/": ["io/"],
  "content/": ["http1/", "io/"],
  "net/": ["http1/", "io/", "log/"],
  "tls/": ["http1/", "io/", "net/"],
  "exchange/": ["content/", "http1/", "io/", "log/", "tls/"],
  "proxies/": ["http1/", "io/", "log/"],
  "telemetry/": ["exchange/", "http1/", "io/", "version.ts"],
  "access_log/": ["exchange/", "io/", "log/"],
  "options/": ["access_log/", "http1/", "log/", "net/", "proxies/", "tls/", "version.ts"],
  "connection/": ["content/", "exchange/", "http1/", "io/", "log/", "options/", "proxies/", "tls/"],
  "gateway/": ["content/", "exchange/", "http1/", "io/", "log/", "tls/"],
  "gateway/fetch/": [
    "content/",
    "exchange/",
    "gateway/",
    "http1/",
    "io/",
    "log/",
    "tls/",
    "websocket/",
  ],
  "gateway/wsgi/": [
    "content/",
    "exchange/",
    "gateway/",
    "http1/",
    "io/",
    "log/",
    "tls/",
    "version.ts",
  ],
  "gateway/node/": ["exchange/", "gateway/", "http1/", "io/", "websocket/"],
  "gateway/path/": ["exchange/", "gateway/", "http1/"],
  "application/": [
    "exchange/",
    "gateway/",
    "gateway/fetch/",
    "gateway/node/",
    "gateway/path/",
    "gateway/wsgi/",
    "io/",
    "options/",
  ],
  "threads/": ["application/", "http1/", "io/", "log/"],
  "pool/wire/": ["exchange/", "http1/", "io/", "tls/"],
  "pool/worker/": [
    "application/",
    "content/",
    "exchange/",
    "gateway/",
    "gateway/fetch/",
    "http1/",
    "io/",
    "log/",
    "pool/wire/",
    "telemetry/",
    "threads/",
    "tls/",
  ],
  "pool/content/": ["content/", "http1/", "io/", "pool/wire/", "threads/"],
  "pool/": [
    "application/",
    "content/",
    "exchange/",
    "http1/",
    "io/",
    "log/",
    "options/",
    "pool/content/",
    "pool/wire/",
    "pool/worker/",
    "threads/",
  ],
  "shard/": [
    "application/",
    "connection/",
    "exchange/",
    "io/",
    "log/",
    "net/",
    "options/",
    "pool/",
    "threads/",
  ],
  "admin/": [
    "connection/",
    "exchange/",
    "gateway/",
    "http1/",
    "io/",
    "log/",
    "pool/",
    "shard/",
  ],
  "server/": [
    "access_log/",
    "admin/",
    "application/",
    "connection/",
    "exchange/",
    "gateway/",
    "gateway/fetch/",
    "gateway/path/",
    "gateway/wsgi/",
    "http1/",
    "io/",
    "log/",
    "net/",
    "options/",
    "pool/",
    "proxies/",
    "shard/",
    "telemetry/",
    "threads/",
    "tls/",
    "version.ts",
  ],
  "python/": [
    "application/",
    "content/",
    "exchange/",
    "gateway/",
    "gateway/wsgi/",
    "http1/",
    "log/",
  ],
  "python/process/": [
    "application/",
    "content/",
    "exchange/",
    "gateway/path/",
    "gateway/wsgi/",
    "io/",
    "log/",
    "pool/",
    "pool/wire/",
    "python/",
    "threads/",
  ],
  "cli/settings/": [
    "application/",
    "gateway/path/",
    "io/",
    "net/",
    "options/",
    "tls/",
  ],
  "cli/project/": ["application/", "cli/settings/", "io/"],
  "cli/watch/": ["cli/settings/", "io/"],
  "cli/processes/": ["io/", "net/", "options/"],
  "cli/": [
    "admin/",
    "application/",
    "cli/processes/",
    "cli/project/",
    "cli/settings/",
    "cli/watch/",
    "gateway/fetch/",
    "io/",
    "log/",
    "net/",
    "options/",
    "server/",
    "threads/",
    "tls/",
    "version.ts",
  ],
};

/** Files that a folder may hold directly, its entry apart; more of them want a subfolder. */
const LARGEST_FOLDER = 25;

/** Names that the main entry may export; what few programs need goes into an entry beside it. */
const MOST_NAMES = 50;

/** Packages that a file may import; nobody else may import any. */
const MAY_IMPORT_PACKAGES: Readonly<Record<string, string>> = {
  "src/python/pyodide.ts": "npm:pyodide@",
};

/** The files that may use a name of the platform: `value` at run time, `type` in a type. */
interface Privilege {
  readonly value: readonly string[];
  readonly type: readonly string[];
}

const MAY_NAME: Readonly<Record<string, Privilege>> = {
  // Few folders call the system; a few more mention the types of its addresses and sockets.
  Deno: {
    value: [
      "net/",
      "io/",
      "tls/",
      "cli/",
      "python/process/",
      "threads/", // replaces `Deno.exit`, so that a worker reports the call first
    ],
    type: [
      "application/application_export.ts", // an export's `onListen`, as `deno serve` has it
      "gateway/fetch/fetch_handler.ts", // `onListen`, as `deno serve` has it
      "options/", // `onListen`, as `Deno.serve` has it
      "server/serve.ts", // the addresses of the server that it returns
      "server/server.ts", // `addr`, as `Deno.HttpServer` has it
    ],
  },
  // An application's convention is its gateway's; elsewhere it is only named in signatures.
  Request: { value: ["gateway/"], type: ["application/classify_application.ts"] },
  Response: {
    value: ["gateway/"],
    type: ["application/classify_application.ts", "options/server_options.ts"],
  },
  Headers: { value: ["gateway/"], type: [] },
  // Everything else goes through the sink of the log.
  console: { value: ["cli/", "log/"], type: [] },
};

const root = ROOT.href;
const sources = [...filesBelow("src/")];
const scripts = sources.filter((path) => path.endsWith(".ts"));
const exported = Object.values<string>(JSON.parse(textOf("deno.json")).exports);
const entries = [
  ...exported,
  "./src/cli/project_entry.ts", // Deno loads it by its URL, before an application
  "./src/python/process/mod.ts", // the server loads it by its URL, where an application needs it
];

Deno.test("src/ imports only what its table allows", async () => {
  const offences: string[] = [];
  for (const { from, to, specifier } of await importsOfEntries()) {
    if (!from.startsWith("src/") || to.startsWith("node:")) continue;
    const packages = MAY_IMPORT_PACKAGES[from];
    if (packages !== undefined && specifier.startsWith(packages)) continue;
    const folder = folderOf(from);
    assert(Object.hasOwn(MAY_IMPORT, folder), `No row says what ${from} may import`);
    const target = to.startsWith("src/") ? folderOf(to) : to;
    if (target !== folder && !MAY_IMPORT[folder].includes(target)) {
      offences.push(`${from} imports ${to}`);
    }
  }
  assertEquals(offences, []);
});

Deno.test("no cycle between folders", () => {
  const done = new Set<string>();
  const visit = (folder: string, above: readonly string[]): void => {
    if (done.has(folder) || !Object.hasOwn(MAY_IMPORT, folder)) return;
    assert(!above.includes(folder), `Cycle: ${[...above, folder].join(" -> ")}`);
    for (const below of MAY_IMPORT[folder]) visit(below, [...above, folder]);
    done.add(folder);
  };
  for (const folder of Object.keys(MAY_IMPORT)) visit(folder, []);
});

Deno.test("every row of the table names a folder of src/ and imports that exist", async () => {
  const folders = new Set(sources.map(folderOf));
  assertEquals(Object.keys(MAY_IMPORT).filter((folder) => !folders.has(folder)), []);
  const used = new Set(
    (await importsOfEntries()).filter(({ from, to }) =>
      from.startsWith("src/") && to.startsWith("src/")
    ).map(({ from, to }) => `${folderOf(from)} -> ${folderOf(to)}`),
  );
  const unused = Object.entries(MAY_IMPORT).flatMap(([folder, allowed]) =>
    allowed.map((below) => `${folder} -> ${below}`).filter((arrow) => !used.has(arrow))
  );
  assertEquals(unused, []);
});

Deno.test("nothing lies loose in src/ but version.ts", () => {
  assertEquals(sources.filter((path) => path.split("/").length === 2), ["src/version.ts"]);
});

Deno.test("no folder of src/ holds more than 25 files", () => {
  const counts: Record<string, number> = {};
  const parts = sources.filter((path) => !entries.includes(`./${path}`)); // entries only list names
  for (const folder of parts.map(folderOf)) counts[folder] = (counts[folder] ?? 0) + 1;
  assertEquals(Object.entries(counts).filter(([, count]) => count > LARGEST_FOLDER), []);
});

Deno.test("http1/ imports nothing, not even from node:", async () => {
  const outside = (await importsOf("mod.ts"))
    .filter(({ from, to }) => from.startsWith("src/http1/") && !to.startsWith("src/http1/"));
  assertEquals(outside, []);
});

Deno.test("the graph of mod.ts has relative and node: specifiers only", async () => {
  const bare = (await importsOf("mod.ts")).filter(({ specifier }) =>
    !/^(\.{1,2}\/|node:)/.test(specifier)
  );
  assertEquals(bare, []);
});

Deno.test("the graph of mod.ts has nothing of Python", async () => {
  const python = (await importsOf("mod.ts")).filter(({ to }) => to.startsWith("src/python/"));
  assertEquals(python, []);
});

Deno.test("the graph of mod.ts has no WSGI validator", async () => {
  const validator = (await importsOf("mod.ts")).filter(({ to }) => to.includes("/wsgi/validator"));
  assertEquals(validator, []);
});

Deno.test("mod.ts exports at most 50 names", async () => {
  const names = (await symbolsOf("mod.ts")).map(({ name }) => name);
  assert(names.length <= MOST_NAMES, `${names.length} names: ${names.join(", ")}`);
});

// `deno doc --lint` does not look at the parameters of constructors.
Deno.test("what entries export mentions no internal type", async () => {
  const symbols = await symbolsOf(...exported);
  const known = new Set(symbols.map(({ name }) => name));
  const leaks = symbols.flatMap((symbol) =>
    typesIn(symbol).filter((type) => !known.has(type)).map((type) => `${symbol.name}: ${type}`)
  );
  assertEquals(leaks, []);
});

Deno.test("every file in src/ is in the graph of an entry", async () => {
  const reached = new Set((await importsOfEntries()).map(({ to }) => to));
  for (const entry of entries) reached.add(entry.replace("./", ""));
  assertEquals(sources.filter((path) => !reached.has(path)), []);
});

Deno.test("names of the platform are used only where the tables allow", () => {
  const offences: string[] = [];
  for (const path of scripts) {
    const file = path.slice("src/".length);
    for (const { name, use, line } of namesIn(path)) {
      const { value, type } = MAY_NAME[name];
      const allowed = use === "value" ? value : [...value, ...type];
      if (!allowed.some((part) => file.startsWith(part))) offences.push(`${path}:${line}: ${name}`);
    }
  }
  assertEquals(offences, []);
});

Deno.test("every file in src/ opens with a header", () => {
  const silent = sources.filter((path) => !/^(\/\/ |\/\*\* |""")\S/.test(textOf(path)));
  assertEquals(silent, []);
});

/** The folder of a file in src/, as the table names it; a file that lies loose stands for itself. */
function folderOf(path: string): string {
  const end = path.lastIndexOf("/") + 1;
  return end === "src/".length ? path.slice(end) : path.slice("src/".length, end);
}

interface Import {
  readonly specifier: string;
  readonly from: string;
  readonly to: string;
}

interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly specifier: string;
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

/** Every import in the graphs of what is published. */
async function importsOfEntries(): Promise<Import[]> {
  return (await Promise.all(entries.map(importsOf))).flat();
}

/** Every import in the graph of a module, type imports included. */
async function importsOf(entry: string): Promise<Import[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: ModuleInfo[] };
  return modules.flatMap(({ specifier: from, dependencies = [] }) =>
    dependencies.map(({ specifier, code, type }) => ({
      specifier,
      from: from.replace(root, ""),
      to: (code?.specifier ?? type?.specifier ?? specifier).replace(root, ""),
    }))
  );
}

interface DocumentedSymbol {
  readonly name: string;
}

/** What entries export, types included, as `deno doc` describes it. */
async function symbolsOf(...paths: string[]): Promise<DocumentedSymbol[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...paths],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { symbols: DocumentedSymbol[] }>;
  };
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

/** Names of the types that a description mentions and that a module of the project declares. */
function typesIn(description: unknown): string[] {
  if (typeof description !== "object" || description === null) return [];
  const { typeName, resolution } = description as {
    typeName?: string;
    resolution?: { kind: string };
  };
  const own = typeName !== undefined && /^(import|local)$/.test(resolution?.kind ?? "");
  return [...(own ? [typeName] : []), ...Object.values(description).flatMap(typesIn)];
}

interface NameUse {
  readonly name: string;
  readonly use: "value" | "type";
  readonly line: number;
}

/** The names of the platform that a file uses; not those in comments, text or as a member. */
function namesIn(path: string): NameUse[] {
  const text = textOf(path);
  const uses: NameUse[] = [];
  const plugin: Deno.lint.Plugin = {
    name: "architecture",
    rules: {
      names: {
        create: ({ sourceCode }) => ({
          Identifier(node) {
            if (!Object.hasOwn(MAY_NAME, node.name)) return;
            const parent = sourceCode.getAncestors(node).at(-1)!;
            const isMember = parent.type === "MemberExpression" && !parent.computed &&
              parent.property.range[0] === node.range[0];
            const isKey = (parent.type === "Property" || parent.type === "TSPropertySignature") &&
              parent.key.range[0] === node.range[0] && !("shorthand" in parent && parent.shorthand);
            if (isMember || isKey) return;
            const line = text.slice(0, node.range[0]).split("\n").length;
            uses.push({ name: node.name, use: isInType(parent.type) ? "type" : "value", line });
          },
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, path.split("/").at(-1)!, text);
  return uses;
}

function isInType(parent: string): boolean {
  return ["TSTypeReference", "TSQualifiedName", "TSTypeQuery"].includes(parent);
}

function textOf(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* filesBelow(`${folder}${name}/`);
    else yield folder + name;
  }
}
