// What pages name exists: exports and members, options and flags, messages of the log; and docs/api.md has
// every public name.

import { assert, assertEquals } from "@std/assert";
import { DEFAULTS } from "../../mod.ts";
import { OPTION_RULES } from "../../src/options/option_rules.ts";
import { ROOT } from "../support/root.ts";
import { readPublicNames } from "./public_names.ts";

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const names = await readPublicNames();

/** Flags and options that are no rows of the table of options. */
const OTHERS = ["--workers", "--watch", "--check", "--print-config", "--mount", "--config"];

/** Pages whose tables have what people knew in the first column and what is here in the column "here". */
for (const page of ["cheroot", "gunicorn", "node"]) {
  Deno.test(`docs/from-${page}.md: what its tables name here exists`, () => {
    let spans = 0;
    for (const { here, row } of rowsOf(read(`docs/from-${page}.md`))) {
      for (const [, span] of here.matchAll(/`([^`]+)`/g)) {
        spans++;
        assert(
          isThere(span),
          `${span} is neither an export, a member, an option nor a flag: ${row}`,
        );
      }
      assert(
        here.includes("`") || /^(–|the same|SIGHUP|ignored.*)$/.test(here.trim()) ||
          row.startsWith("| SIG") || row.startsWith("| `package"),
        `Neither a counterpart nor a dash: ${row}`,
      );
    }
    assert(spans > 20, `${spans} names`);
  });
}

const CHEROOT_NAMES = `
from cheroot import errors, server, ssl, wsgi
from cheroot.workers import threadpool
own = lambda thing: [name for name in vars(thing) if not name.startswith("_")]
for module in (server, wsgi, threadpool, ssl):
    for name, thing in vars(module).items():
        if isinstance(thing, type) and name != "TrueyZero" and thing.__module__ == module.__name__:
            print(name, *own(thing))
print("MaxSizeExceeded NoSSLError FatalSSLAlert")`;
const cheroot = await new Deno.Command("sh", {
  args: ["-c", '/usr/bin/python3 -c "$0"', CHEROOT_NAMES],
  stderr: "null",
}).output();
const cherootMissing = cheroot.success ? "" : " (Cheroot is missing)";

Deno.test(
  `docs/from-cheroot.md names every public name of Cheroot${cherootMissing}`,
  { ignore: !cheroot.success },
  () => {
    const page = read("docs/from-cheroot.md");
    const found = new TextDecoder().decode(cheroot.stdout).trim().split(/\s+/);
    const missing = [...new Set(found)].filter((name) => !new RegExp(`\\b${name}\\b`).test(page));
    assertEquals(missing, []);
  },
);

/** Names of Cheroot's and CherryPy's documentation: also private ones, attributes of instances, and old names. */
const DOCUMENTED = `
  BuiltinSSLAdapter CP_makefile CherryPyWSGIServer ChunkedRFile ConnectionClass ConnectionManager
  DropUnderscoreHeaderReader Gateway Gateway_10 Gateway_u0 HTTPConnection HTTPRequest HTTPServer HeaderReader IPv4
  IPv6 KnownLengthRFile PathInfoDispatcher RequestHandlerClass SSLAdapter Server SizeCheckWrapper ThreadPool
  WSGIGateway WSGIGateway_10 WSGIGateway_u0 WSGIPathInfoDispatcher WorkerThread _allow_header _bind_addr
  _check_length _close_kernel_socket _conditional_error _fetch _handle_no_ssl _interrupt _run_in_thread
  _stopping_for_interrupt _transform_key accepted_queue_size accepted_queue_timeout bind bind_addr bind_socket
  bind_unix_socket blocking can_add_keepalive_connection certificate certificate_chain chunked_write clear_stats
  close close_connection communicate conn context ensure_headers_sent error_log expiration_interval gateway
  gateway_map get_environ get_peer_creds get_ssl_adapter_class header_reader httpserver httpserverclass inheaders
  init_only interrupt keep_alive_conn_limit last_used linger makefile max_request_body_size
  max_request_header_size maxthreads minthreads next nodelay numthreads outheaders parse_request peer_gid
  peer_group peer_pid peer_uid peer_user peercreds_enabled peercreds_resolve_enabled prepare prepare_socket
  private_key process_conn protocol protocol_version put_conn pyOpenSSLAdapter quickstart rbufsize read
  read_headers read_request_headers read_request_line read_trailer_lines readline readlines ready remote_addr
  remote_port request_queue_size resolve_peer_creds resolve_real_bind_addr respond reverse_dns runtime safe_start
  send_headers serve server server_name serverclass shutdown_timeout simple_response socket_file socket_host
  socket_port socket_queue_size socket_timeout software ssl_adapter ssl_certificate ssl_env ssl_private_key start
  start_response start_with_callback stats status stop strict_mode thread_pool tick timeout version wbufsize
  wrap write wsgi_app wsgi_version`.trim().split(/\s+/);

Deno.test("docs/from-cheroot.md names every documented name of Cheroot and of cherrypy.server", () => {
  const page = read("docs/from-cheroot.md");
  const missing = DOCUMENTED.filter((name) => !new RegExp(`(?<!\\w)${name}(?!\\w)`).test(page));
  assertEquals(missing, []);
});

function* rowsOf(text: string): Generator<{ here: string; row: string }> {
  let column = -1;
  for (const row of text.split("\n")) {
    const cells = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (cells.length < 3) column = -1;
    else if (column < 0) column = cells.indexOf("here");
    else if (!/^-+$/.test(cells[1]) && column > 0) yield { here: cells[column], row };
  }
}

function isThere(name: string): boolean {
  if (/^[A-Z_]+$/.test(name)) return ["PORT", "WEB_CONCURRENCY"].includes(name) || names.has(name);
  if (name.startsWith("--")) {
    name = name.split(" ")[0];
    return OTHERS.includes(name) || flags().includes(name);
  }
  return names.has(name) || name in DEFAULTS || names.membersOf("ServerOptions").includes(name) ||
    names.membersOf("PoolOptions").includes(name);
}

function flags(): string[] {
  return Object.keys(OPTION_RULES).map((name) =>
    "--" + name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  );
}

Deno.test("docs/api.md has the names of each entry", () => {
  const sections = read("docs/api.md").split(/^### /m).slice(1);
  const listed = sections.map((section) => {
    const [, path, list] = /^.*\n\n`([\w/.]+)`\.[^]*?\n\n([^]*)$/.exec(section)!;
    return [path, [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort()] as const;
  });
  const { exports } = JSON.parse(read("deno.json"));
  const exported = [...names.entries].map(([entry, names]) =>
    [exports[entry].slice("./".length), [...names].sort()] as const
  );
  assertEquals(listed, exported);
});

Deno.test("docs/api.md: the six names that matter first exist", () => {
  const rows = [...read("docs/api.md").matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)];
  assertEquals(rows.length, 6);
  for (const [, name, meaning] of rows) {
    assert(names.entries.get(".")!.includes(name), name);
    for (const [, member] of meaning.matchAll(/`(\w+)(?:\(\))?`/g)) {
      assert(names.has(`${name}.${member}`), `${name} has no member ${member}`);
    }
  }
});

/** Messages of Deno, the system and applications that docs/troubleshooting.md quotes. */
const OF_OTHERS = [
  'Import "…" not a dependency',
  "Address already in use",
  "Permission denied",
  "Cannot assign requested address",
  "The lockfile is out of date",
  "Listening on",
  "database is locked",
];

Deno.test("docs/troubleshooting.md quotes messages, events and options that exist", () => {
  const page = read("docs/troubleshooting.md").replace(/\s+/g, " ");
  const source = sources("src/").replace(/"\s*\+\s*["`]|`\s*\+\s*["`]/g, "").replaceAll("\\`", "`");
  const spans = [...new Set([...page.matchAll(/`([^`]+)`/g)].map(([, span]) => span))];
  let messages = 0;
  for (const span of spans) {
    if (OF_OTHERS.includes(span)) continue;
    if (/^--[a-z-]+$/.test(span)) {
      assert(isThere(span) || ["--frozen", "--no-lock", "--allow-all"].includes(span), span);
    } else if (
      /[a-z…] [a-z…-]/.test(span) && !/[()=]/.test(span) && !/^(ss|ulimit|--|proxy_|X-)/.test(span)
    ) {
      messages++;
      for (const part of span.split("…").map((part) => part.trim()).filter((part) => part !== "")) {
        assert(source.includes(part), `${JSON.stringify(part)} of ${span} is not in src/`);
      }
    }
  }
  assert(messages > 15, `${messages} messages`);
  for (const [, event] of page.matchAll(/\(`([a-z]+(?:-[a-z]+)+)`\)/g)) {
    assert(source.includes(`"${event}"`), `There is no event ${event}`);
  }
});

function sources(folder: string): string {
  return [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name, isDirectory }) =>
    isDirectory ? sources(`${folder}${name}/`) : /\.(ts|py)$/.test(name) ? read(folder + name) : ""
  ).join("\n");
}
