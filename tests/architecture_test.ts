// Dependencies point one way (docs/architecture.md). The tables below are the rules; what the modules
// really import is asked of Deno, and what they really name of its parser.

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "./support/program.ts";

/** What each part of src/ may import beside itself. A part is a folder or a file; the longest that
 * fits counts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // Pure: octets in, facts out.
  "http1/": [],
  // Octets and time; of HTTP it knows only the buffers.
  "io/": ["http1/receive_buffer.ts", "http1/send_buffer.ts"],
  "errors.ts": ["http1/"],
  "content/": ["errors.ts", "http1/"],
  "log.ts": ["io/address.ts"],
  "stats.ts": ["pool/pool_stats.ts", "shard/shard_stats.ts"],
  "version.ts": [],
  "nearest_name.ts": [],

  // One exchange, as gateways and executors see it: neither sees a connection.
  // Speaks TLS over any stream; of the server it knows what a listening socket is.
  "tls/": [
    "http1/protocol_error.ts",
    "io/",
    "listener.ts",
  ],
  // TLS as options, and as a step between a socket and HTTP.
  "tls_options.ts": [
    "bind_address.ts",
    "nearest_name.ts",
    "options.ts",
    "tls/",
    "worker_options.ts",
  ],
  "tls_arrival.ts": ["reception.ts", "tls/"],
  "exchange.ts": [
    "content/",
    "http1/",
    "io/address.ts",
    "io/peer_credentials.ts",
    "log.ts",
    "tls/tls_info.ts",
  ],
  "gateway/": [
    "exchange.ts",
    "http1/",
    "io/address.ts",
    "io/peer_credentials.ts",
    "tls/tls_info.ts",
  ],
  "gateway/wsgi/": [
    "content/", // wsgi.input
    "exchange.ts",
    "gateway/",
    "http1/",
    "tls/",
    "version.ts", // SERVER_SOFTWARE
  ],
  "wsgi_server.ts": ["application.ts", "gateway/wsgi/", "options.ts", "server.ts"],
  // It takes applications of every kind, so it stands above their gateways.
  "gateway/path_dispatcher.ts": [
    "application.ts",
    "exchange.ts",
    "gateway/",
    "mount_tree.ts",
    "tree_gateway.ts",
    "worker_options.ts",
  ],
  "mount_tree.ts": ["application.ts", "python_module.ts", "worker_options.ts"],
  "tree_gateway.ts": ["application.ts", "gateway/", "mount_tree.ts"],
  "load_tree.ts": ["application.ts", "mount_tree.ts", "pool/application_load_error.ts"],
  "own_pool.ts": ["nearest_name.ts", "option_check.ts", "options.ts", "worker_options.ts"],
  "mounted_executor.ts": ["exchange.ts", "gateway/", "log.ts", "pool/"],
  // The inside of a worker is here too, and nothing of a connection.
  "pool/": [
    "abandonable_exchange.ts",
    "content/content_reader.ts",
    "errors.ts",
    "exchange.ts",
    "gateway/",
    "http1/",
    "io/",
    "log.ts",
    "mount_tree.ts",
    "tls/tls_info.ts",
    "worker_application.ts",
  ],
  "abandonable_exchange.ts": [],
  "application_export.ts": ["nearest_name.ts"],
  "worker_application.ts": [
    "gateway/gateway.ts",
    "load_tree.ts",
    "mount_tree.ts",
    "pool/application_load_error.ts",
    "tree_gateway.ts",
  ],
  "application.ts": [
    "application_export.ts",
    "exchange.ts",
    "gateway/",
    "pool/application_load_error.ts",
    "python_module.ts",
  ],
  // Python is an entry of its own, which is imported by a computed URL: no tool sees that.
  "python_module.ts": ["application_export.ts", "pool/application_load_error.ts"],
  "python/": [
    "content/pieces.ts",
    "exchange.ts",
    "gateway/",
    "http1/response_head.ts",
    "pool/application_load_error.ts",
  ],
  // A shard is a whole server in a worker.
  "shard/": [
    "log.ts",
    "mount_tree.ts",
    "options.ts",
    "pool/application_load_error.ts",
    "pool/error_text.ts",
    "pool/executor.ts",
    "pool/scaling.ts",
    "pool/thread_cpu.ts",
    "pool/web_worker.ts",
    "pool/worker_life.ts",
    "server.ts",
    "socket/sharing.ts",
    "stats.ts",
    "worker_application.ts",
  ],
  "create_executor.ts": [
    "gateway/path_table.ts",
    "load_tree.ts",
    "log.ts",
    "mount_tree.ts",
    "mounted_executor.ts",
    "io/permissions.ts",
    "options.ts",
    "own_pool.ts",
    "pool/",
    "python_module.ts",
    "shard/",
    "socket_options.ts",
    "tree_gateway.ts",
    "tls_options.ts",
    "worker_options.ts",
  ],
  "worker_options.ts": ["options.ts"],

  // What proxies in front say of a connection and of a request; it sees neither of them itself.
  "proxies/": ["http1/", "io/", "log.ts"],
  "proxies/proxy_arrival.ts": ["io/", "proxies/", "reception.ts"],

  "bind_address.ts": ["http1/protocol_error.ts"],
  "socket_options.ts": ["bind_address.ts", "options.ts", "worker_options.ts"],
  "option_rules.ts": ["options.ts"],
  "option_check.ts": [
    "bind_address.ts",
    "http1/protocol_error.ts",
    "option_rules.ts",
    "options.ts",
    "proxies/trusted_sources.ts",
    "tls/key_pair.ts",
    "tls_options.ts",
  ],
  "options.ts": [
    "bind_address.ts",
    "log.ts",
    "nearest_name.ts",
    "option_check.ts",
    "option_rules.ts",
    "socket_options.ts",
    "tls/",
    "tls_options.ts",
    "version.ts",
    "worker_options.ts",
  ],

  // A connection never sees who runs the application, nor where: only an executor.
  "connection": [
    "abandonable_exchange.ts",
    "connection",
    "content/",
    "errors.ts",
    "exchange.ts",
    "http1/",
    "io/",
    "log.ts",
    "options.ts",
    "pool/executor.ts",
    "proxies/forwarding.ts",
    "stats.ts",
    "tls/tls_info.ts",
  ],
  "connection_manager.ts": ["connection.ts", "io/sweep.ts"],
  "listener.ts": [
    "io/address.ts",
    "io/byte_stream.ts",
    "io/peer_credentials.ts",
    "log.ts",
  ],
  // Sockets of every kind, opened; who accepts from them is not known here.
  "socket/": ["bind_address.ts", "io/", "listener.ts", "options.ts"],
  "reception.ts": ["connection_context.ts", "io/byte_stream.ts", "log.ts"],

  "entrance.ts": [
    "connection",
    "io/",
    "listener.ts",
    "options.ts",
    "proxies/",
    "reception.ts",
    "socket/",
    "tls/tls_adapter.ts",
    "tls_arrival.ts",
  ],
  "server_context.ts": [
    "connection_context.ts",
    "create_executor.ts",
    "http1/",
    "log.ts",
    "mount_tree.ts",
    "options.ts",
    "proxies/forwarding.ts",
    "stats.ts",
  ],
  "server_stats.ts": [
    "connection_context.ts",
    "mounted_executor.ts",
    "pool/",
    "shard/",
    "stats.ts",
  ],
  "certificate_care.ts": ["io/clock.ts", "log.ts", "shard/shard_group.ts", "tls/"],
  "server.ts": [
    "application.ts",
    "bind_address.ts",
    "certificate_care.ts",
    "connection_context.ts",
    "entrance.ts",
    "io/",
    "log.ts",
    "mount_tree.ts",
    "options.ts",
    "server_context.ts",
    "server_stats.ts",
    "shard/shard_group.ts",
    "socket/sharing.ts",
    "stats.ts",
    "tls_options.ts",
  ],
  "serve.ts": ["application.ts", "options.ts", "server.ts"],
  "cli/": [
    "application",
    "bind_address.ts",
    "exchange.ts",
    "gateway/",
    "mount_tree.ts",
    "io/permissions.ts",
    "nearest_name.ts",
    "option_check.ts",
    "option_rules.ts",
    "options.ts",
    "own_pool.ts",
    "pool/application_load_error.ts",
    "pool/remote_error.ts",
    "python_module.ts",
    "server.ts",
    "socket/", // sockets that the process is started with, and passes on
    "tls/",
    "tls_options.ts",
    "version.ts",
    "worker_options.ts",
  ],
};

/** Packages that a file may import; nobody else may import any. */
const MAY_IMPORT_PACKAGES: Readonly<Record<string, string>> = {
  "src/python/pyodide.ts": "npm:pyodide@",
};

/** Who may use a name of the platform. `value` is a use at run time, `type` a mention in a type. */
interface Privilege {
  readonly value: readonly string[];
  readonly type: readonly string[];
}

const MAY_NAME: Readonly<Record<string, Privilege>> = {
  // The system is reached from a few places; the types of its addresses and sockets from a few more.
  Deno: {
    value: [
      "socket/",
      "io/",
      "tls/",
      "cli/",
      "pool/worker_life.ts", // an application that calls `Deno.exit` is to say so first
    ],
    type: [
      "application_export.ts", // an export's `onListen`, as `deno serve` has it
      "bind_address.ts", // formats the address of a listener
      "gateway/fetch_handler.ts", // `onListen`, as `deno serve` has it
      "options.ts", // `onListen`, as `Deno.serve` has it
      "serve.ts", // the addresses of the server that it returns
      "server.ts", // `addr`, as `Deno.HttpServer` has it
    ],
  },
  // An application's convention is its gateway's; elsewhere it is only named in signatures.
  Request: { value: ["gateway/"], type: ["application_export.ts"] },
  Response: { value: ["gateway/"], type: ["application_export.ts", "options.ts"] },
  Headers: { value: ["gateway/"], type: [] },
  // Everything else goes through the log's sink.
  console: { value: ["cli/", "log.ts"], type: [] },
};

const root = ROOT.href;
const sources = [...filesBelow("src/")];
const scripts = sources.filter((path) => path.endsWith(".ts"));
const entries = Object.values<string>(JSON.parse(textOf("deno.json")).exports);

Deno.test("src/ imports only what its tables allow", async () => {
  const offences: string[] = [];
  for (const { from, to, specifier } of await importsOfEntries()) {
    if (!from.startsWith("src/") || to.startsWith("node:")) continue;
    const packages = MAY_IMPORT_PACKAGES[from];
    if (packages !== undefined && specifier.startsWith(packages)) continue;
    const [part, allowed] = rulesFor(from.slice("src/".length));
    const target = to.slice("src/".length);
    const within = part.endsWith("/") && target.startsWith(part);
    if (!to.startsWith("src/") || !(within || allowed.some((path) => target.startsWith(path)))) {
      offences.push(`${from} imports ${to}`);
    }
  }
  assertEquals(offences, []);
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

Deno.test("every file in src/ opens with a paragraph about itself", () => {
  const silent = sources.filter((path) => !/^(\/\/ |\/\*\* |""")\S/.test(textOf(path)));
  assertEquals(silent, []);
});

function rulesFor(file: string): [string, readonly string[]] {
  const part = Object.keys(MAY_IMPORT)
    .filter((name) => file.startsWith(name))
    .sort((a, b) => b.length - a.length)[0];
  assert(part !== undefined, `No rule says what src/${file} may import`);
  return [part, MAY_IMPORT[part]];
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
