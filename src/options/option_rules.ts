// One row for each option of a server: its scope, its line of `--help`, and the kind and range of its
// values. Every list of options is derived from these rows. Defaults are in defaults.ts, the checks in
// check_option.ts.

import type { PoolOptions, ServerOptions } from "./server_options.ts";

/** The part of a server that an option is about.
 *
 * - `server`: the server as a whole; only the main thread uses it.
 * - `connection`: accepting and serving connections; a shard gets the server's value.
 * - `unix-socket`: UNIX sockets that the server listens on.
 * - `tls`: certificates and settings of TLS, which become the one object `tls`.
 * - `pool`: a pool of workers, the server's or that of one mounted application. */
export type OptionScope = "server" | "connection" | "unix-socket" | "tls" | "pool";

/** Heading in `--help`. */
export type OptionGroup =
  | "Sockets"
  | "TLS"
  | "Deadlines"
  | "Connections"
  | "Workers"
  | "Limits of a request"
  | "Protocol"
  | "Logs"
  | "Administration"
  | "Proxies in front";

/** Kinds of whole numbers: milliseconds, octets, octets per second, permission bits, plain numbers. */
export type NumberKind = "duration" | "size" | "rate" | "mode" | "count";

/** The range of a number, ends included. */
export interface NumberRule {
  readonly kind: NumberKind;
  readonly min: number;
  readonly max: number;
  /** Whether `Infinity` is allowed beside the range. */
  readonly unlimited: boolean;
}

/** The values that an option takes. */
export type ValueRule =
  | NumberRule
  | {
    readonly kind:
      | "boolean"
      | "address"
      | "addresses"
      | "sources"
      | "paths"
      | "hostname"
      | "account"
      | "field-value"
      | "sni"
      | "tls"
      | "access-log"
      | "access-log-format"
      | "signal"
      | "function";
  }
  | { readonly kind: "text"; readonly placeholder: string }
  | { readonly kind: "choice"; readonly values: readonly string[] };

/** A row. Options that text can give have a heading and a line of help; the others are for code
 * only. */
export type OptionRule =
  & ValueRule
  & { readonly scope: OptionScope }
  & (
    | { readonly group: OptionGroup; readonly help: string }
    | { readonly group?: never; readonly help?: never }
  );

/** 2^31 - 1 milliseconds, near 25 days, is the longest that a timer can wait. */
const LONGEST_TIMER = 2_147_483_647;
/** A buffer of one connection must have a size that thousands of connections can have at once. */
const LARGEST_BUFFER = 16 * 1024 * 1024;
/** A larger count is a typing error; "no limit" is spelt `Infinity`. */
const LARGEST_COUNT = 2 ** 31 - 1;
/** Every thread has its own heap, stack and event loop. */
const MOST_THREADS = 1_024;
/** V8 ends the process when a heap is too small for its first objects: 4 MiB do that on Deno 2.9, 6 MiB
 * hold Robusto. This leaves room for the first objects of later versions. */
const LEAST_HEAP = 16 * 1024 * 1024;

const FILE = { kind: "text", placeholder: "FILE" } as const;
const FILE_OR_STREAM = { kind: "text", placeholder: "FILE|-" } as const;

const SOCKET = { scope: "connection", group: "Sockets" } as const;
const ADDRESS = { scope: "server", group: "Sockets" } as const;
const UNIX_SOCKET = { scope: "unix-socket", group: "Sockets" } as const;
const TLS = { scope: "tls", group: "TLS" } as const;
const DEADLINE = { scope: "connection", group: "Deadlines" } as const;
const CONNECTION = { scope: "connection", group: "Connections" } as const;
const POOL = { scope: "pool", group: "Workers" } as const;
const LIMIT = { scope: "connection", group: "Limits of a request" } as const;
const PROTOCOL = { scope: "connection", group: "Protocol" } as const;
const LOG = { scope: "server", group: "Logs" } as const;
const ADMIN = { scope: "server", group: "Administration" } as const;
const PROXY = { scope: "connection", group: "Proxies in front" } as const;

/** The row of each option, in the order of `--help`. The compiler demands a row for each member of
 * {@linkcode ServerOptions}, and the scope `pool` for those of {@linkcode PoolOptions} alone. */
export const OPTION_RULES = {
  bind: {
    ...ADDRESS,
    kind: "addresses",
    help: "HOST:PORT, [V6]:PORT, PORT, unix:PATH, unix:@NAME, fd:N; repeatable",
  },
  hostname: { ...ADDRESS, kind: "hostname", help: "host to listen on, instead of --bind" },
  port: { ...ADDRESS, ...count(0, 65_535), help: "port to listen on, instead of --bind" },
  path: { scope: "server", kind: "text", placeholder: "PATH" },
  reusePort: {
    ...ADDRESS,
    kind: "boolean",
    help: "let other processes listen on the port too (needs --unstable-net)",
  },
  socketMode: {
    ...UNIX_SOCKET,
    kind: "mode",
    min: 0,
    max: 0o777,
    unlimited: false,
    help: "permission bits of a UNIX socket: who may write may connect",
  },
  socketOwner: {
    ...UNIX_SOCKET,
    kind: "account",
    help: "user that a UNIX socket's file is given to",
  },
  socketGroup: {
    ...UNIX_SOCKET,
    kind: "account",
    help: "group that a UNIX socket's file is given to",
  },
  peerCredentials: {
    ...UNIX_SOCKET,
    kind: "choice",
    values: ["off", "ids", "names"],
    help: "asks who is at the other end of a UNIX socket: ids (pid, uid, gid), or names too",
  },
  tcpBacklog: {
    ...SOCKET,
    ...count(1, 65_535),
    help: "connections that wait to be accepted; past it the system drops them",
  },
  noDelay: { ...SOCKET, kind: "boolean", help: "send small writes at once (TCP_NODELAY)" },
  readBufferSize: { ...SOCKET, ...size(64, LARGEST_BUFFER), help: "octets read at once" },
  writeBufferSize: {
    ...SOCKET,
    ...size(64, LARGEST_BUFFER),
    help: "octets of a response gathered into one write",
  },
  tlsCertificate: {
    ...TLS,
    ...FILE,
    help: "certificate in PEM, which turns TLS on; the chain may stand behind it",
  },
  tlsPrivateKey: { ...TLS, ...FILE, help: "its private key in PEM" },
  tlsCertificateChain: {
    ...TLS,
    ...FILE,
    help: "certificates that lead to its root, if in a file of their own",
  },
  tlsPasswordFile: {
    ...TLS,
    ...FILE,
    help: "file whose first line is the password of an encrypted private key",
  },
  tlsSni: {
    ...TLS,
    kind: "sni",
    help: "another certificate for clients that ask for NAME, *.NAME; repeatable",
  },
  tlsAdapter: {
    ...TLS,
    kind: "choice",
    values: ["auto", "deno", "node"],
    help: "node keeps every deadline and can do all, deno is faster; auto is node",
  },
  tlsClientAuth: {
    ...TLS,
    kind: "choice",
    values: ["none", "optional", "required"],
    help: "whether clients show a certificate; required serves no other",
  },
  tlsClientCa: {
    ...TLS,
    ...FILE,
    help: "whom certificates of clients must come from, in PEM",
  },
  tlsMinVersion: {
    ...TLS,
    kind: "choice",
    values: ["TLSv1.2", "TLSv1.3"],
    help: "lowest version that is spoken",
  },
  tlsCiphers: {
    ...TLS,
    kind: "text",
    placeholder: "NAME:NAME",
    help: "cipher suites that are accepted; a connection with another is closed",
  },
  tlsReloadOnChange: {
    ...TLS,
    kind: "boolean",
    help: "read the files again when they change, as at SIGHUP",
  },
  timeout: {
    scope: "server",
    group: "Deadlines",
    ...duration(1),
    help: "sets handshake, head, content, write and keep-alive timeout at once",
  },
  handshakeTimeout: {
    ...DEADLINE,
    ...duration(1),
    help: "from the accept to HTTP, with TLS or a PROXY header; past it close",
  },
  headTimeout: {
    ...DEADLINE,
    ...duration(1),
    help: "to a complete request head; past it 408, a plain close if no octet came",
  },
  contentTimeout: {
    ...DEADLINE,
    ...duration(1),
    help: "between two pieces of content; past it 408",
  },
  minContentRate: {
    ...DEADLINE,
    kind: "rate",
    min: 0,
    max: LARGEST_COUNT,
    unlimited: false,
    help: "slowest content, octets a second after 5s; below it 408; 0 is any",
  },
  requestTimeout: {
    ...DEADLINE,
    ...duration(1),
    help: "to a complete request, head and content; past it 408",
  },
  writeTimeout: {
    ...DEADLINE,
    ...duration(1),
    help: "without progress while writing; past it the connection is aborted",
  },
  minResponseRate: {
    ...DEADLINE,
    kind: "rate",
    min: 0,
    max: LARGEST_COUNT,
    unlimited: false,
    help: "slowest reader, octets a second after 5s; below it abort; 0 is any",
  },
  keepAliveTimeout: {
    ...DEADLINE,
    ...duration(1),
    help: "idle between requests; past it a silent close",
  },
  shutdownTimeout: {
    ...DEADLINE,
    ...duration(0),
    help: "for requests in flight when stopping; past it they are aborted",
  },
  keepAliveLimit: {
    ...CONNECTION,
    ...count(0, LARGEST_COUNT, "or unlimited"),
    help: "idle connections kept; past it responses say close",
  },
  maxConnections: {
    ...CONNECTION,
    ...count(1, LARGEST_COUNT, "or unlimited"),
    help: "open connections; past it accepting pauses",
  },
  maxRequestsPerConnection: {
    ...CONNECTION,
    ...count(1, LARGEST_COUNT, "or unlimited"),
    help: "requests on one connection; the last response says close",
  },
  maxWebSockets: {
    ...CONNECTION,
    ...count(0, LARGEST_COUNT, "or unlimited"),
    help: "upgraded connections; past it the response is 503",
  },
  maxWebSocketMessage: {
    ...CONNECTION,
    ...size(1, 2 ** 30),
    help: "message of a WebSocket; past it the socket is closed with 1009",
  },
  maxWebSocketBacklog: {
    ...CONNECTION,
    ...size(0, 2 ** 40),
    help: "messages that wait for a WebSocket's client; past it the socket is cut",
  },
  webSocketCompression: {
    ...CONNECTION,
    kind: "boolean",
    help: "compress messages of WebSockets for clients that offer it",
  },
  webSocketPing: {
    ...CONNECTION,
    ...duration(1),
    help: "silence of a WebSocket until a ping; after another the socket is closed",
  },
  mode: {
    scope: "server",
    group: "Workers",
    kind: "choice",
    values: ["inline", "pool", "sharded"],
    help: "where handlers run: inline is the accepting thread, sharded several (default pool)",
  },
  minWorkers: { ...POOL, ...count(1, MOST_THREADS), help: "workers that are always there" },
  maxWorkers: {
    ...POOL,
    ...count(1, MOST_THREADS),
    help: "workers at most, while requests wait (default as --min-workers)",
  },
  exchangesPerWorker: {
    ...POOL,
    ...count(1, 1_024),
    help: "handlers at work in one (1 if it blocks); past it the queue",
  },
  queueSize: {
    ...POOL,
    ...count(0, LARGEST_COUNT),
    help: "requests that wait for a worker; past it 503",
  },
  queueTimeout: { ...POOL, ...duration(1), help: "a request's wait for a worker; past it 503" },
  maxBufferedContent: {
    ...POOL,
    ...size(0, LARGEST_COUNT),
    help: "content of all requests that wait for a worker; past it reading pauses",
  },
  maxSpooledContent: {
    ...POOL,
    ...size(0, LARGEST_COUNT),
    help: "content in temporary files, for workers that block; 0: they read it as it comes",
  },
  handlerTimeout: {
    ...POOL,
    ...duration(1),
    help: "of a handler to the head of its response; past it 504",
  },
  responseTimeout: {
    ...POOL,
    ...duration(1),
    help: "of a handler to the end of its response; past it it is cut off",
  },
  workerTimeout: {
    ...POOL,
    ...duration(1),
    help: "of a worker away from its event loop; past it 504, and it is replaced",
  },
  startTimeout: {
    ...POOL,
    ...duration(1),
    help: "of a worker that loads the application; past it it is ended",
  },
  retryIdempotent: {
    ...POOL,
    kind: "boolean",
    help: "try GET, HEAD and OPTIONS once more whose worker has ended",
  },
  workerIdleTimeout: {
    ...POOL,
    ...duration(1),
    help: "of a worker beyond --min-workers; past it the worker goes",
  },
  maxExchangesPerWorker: {
    ...POOL,
    ...count(1, LARGEST_COUNT, "or unlimited"),
    help: "requests before a worker is replaced, give or take a tenth",
  },
  maxWorkerAge: { ...POOL, ...duration(1), help: "age at which a worker is replaced" },
  // 1 TiB: V8 accepts it, and no machine needs more
  maxWorkerHeap: {
    ...POOL,
    ...size(LEAST_HEAP, 2 ** 40, "or unlimited"),
    help: "memory of a worker; past it the worker is ended and replaced",
  },
  workerKind: {
    ...POOL,
    kind: "choice",
    values: ["auto", "web", "killable"],
    help: "web, or killable in a computation; auto is killable",
  },
  maxAbandonedWorkers: {
    ...POOL,
    ...count(0, MOST_THREADS),
    help: "workers that could not be ended; past it the server is not ready",
  },
  // 16: "GET / HTTP/1.1" and its CRLF
  maxRequestLineSize: {
    ...LIMIT,
    ...size(16, LARGEST_BUFFER),
    help: "longest request line; past it 414",
  },
  maxHeadSize: {
    ...LIMIT,
    ...size(16, LARGEST_BUFFER),
    help: "largest field section; past it 431",
  },
  maxFieldCount: { ...LIMIT, ...count(1, 65_535), help: "field lines; past it 431" },
  maxContentSize: {
    ...LIMIT,
    ...size(0, Number.MAX_SAFE_INTEGER, "or unlimited"),
    help: "largest content; past it 413",
  },
  // 32: the longest chunk size that is accepted, and a little
  maxChunkLineSize: {
    ...LIMIT,
    ...size(32, LARGEST_BUFFER),
    help: "longest chunk line; past it 400",
  },
  maxChunkExtensionSize: {
    ...LIMIT,
    ...size(0, LARGEST_BUFFER),
    help: "chunk extensions of a whole content; past it 413",
  },
  maxTrailerSize: {
    ...LIMIT,
    ...size(0, LARGEST_BUFFER),
    help: "largest trailer section; past it 431",
  },
  maxTrailerCount: { ...LIMIT, ...count(0, 65_535), help: "field lines in it; past it 431" },
  drainLimit: {
    ...LIMIT,
    ...size(0, LARGEST_COUNT),
    help: "unread content taken in to keep a connection; past it close",
  },
  lingerLimit: {
    ...LIMIT,
    ...size(0, LARGEST_COUNT),
    help: "octets dropped before a close that they would turn into a reset",
  },
  python: {
    scope: "server",
    group: "Workers",
    kind: "text",
    placeholder: "PATH",
    help: "interpreter for applications in Python: auto, embedded or PATH",
  },
  pythonPath: {
    scope: "server",
    group: "Workers",
    kind: "paths",
    help: "folder or archive where applications in Python find packages; repeatable",
  },
  chdir: {
    scope: "server",
    group: "Workers",
    kind: "text",
    placeholder: "FOLDER",
    help: "working directory of applications in Python, and folder of their modules",
  },
  gateway: {
    scope: "server",
    group: "Protocol",
    kind: "choice",
    values: ["auto", "fetch", "node"],
    help: "how a bare function is called: (request, info), or (req, res) of node:http",
  },
  underscoreHeaders: {
    ...PROTOCOL,
    kind: "choice",
    values: ["drop", "refuse", "allow"],
    help: "field names with an underscore: drop, refuse (400) or allow",
  },
  serverName: {
    ...PROTOCOL,
    kind: "field-value",
    help: "value of the Server field; the empty text leaves it out",
  },
  software: {
    ...PROTOCOL,
    kind: "field-value",
    help: "SERVER_SOFTWARE of WSGI applications",
  },
  protocol: {
    ...PROTOCOL,
    kind: "choice",
    values: ["HTTP/1.1", "HTTP/1.0"],
    help: "highest version spoken: HTTP/1.1 or HTTP/1.0",
  },
  serverTiming: {
    ...PROTOCOL,
    kind: "boolean",
    help: "tell clients in Server-Timing how long a response took",
  },
  proxyMode: { ...PROTOCOL, kind: "boolean", help: "let CONNECT through to a Gateway" },
  strictMode: {
    ...PROTOCOL,
    kind: "boolean",
    help: "refuse octets in a target and methods that the RFC forbids",
  },
  trustedProxies: {
    ...PROXY,
    kind: "sources",
    help: "IP, NETWORK/BITS or unix of proxies that are believed, with commas; repeatable",
  },
  forwardedFields: {
    ...PROXY,
    kind: "choice",
    values: ["x-forwarded", "forwarded", "off"],
    help: "fields in which they tell of the client",
  },
  proxyProtocol: {
    ...PROXY,
    kind: "choice",
    values: ["off", "optional", "required"],
    help: "header before HTTP in which they tell of the client",
  },
  accessLog: {
    ...LOG,
    kind: "access-log",
    help: "a line for every response, to a file or to standard output (-)",
  },
  accessLogFormat: {
    ...LOG,
    kind: "access-log-format",
    help: 'its lines: a name, or fields in braces such as "{method} {target} {status}"',
  },
  logFile: { ...LOG, ...FILE_OR_STREAM, help: "the error log: a file, or standard error (-)" },
  logFormat: { ...LOG, kind: "choice", values: ["text", "json"], help: "its lines" },
  logLevel: {
    ...LOG,
    kind: "choice",
    values: ["debug", "info", "warn", "error"],
    help: "least severe events in it",
  },
  captureOutput: {
    ...LOG,
    kind: "boolean",
    help: "what an application prints in a worker goes to the error log (default with json)",
  },
  admin: {
    ...ADMIN,
    kind: "address",
    help: "address for operators: health, metrics, a live page; never a public one",
  },
  adminTokenFile: {
    ...ADMIN,
    ...FILE,
    help: "file whose first line is the token of --admin; needed where others reach it",
  },
  stopDelay: {
    ...ADMIN,
    kind: "duration",
    min: 0,
    max: LONGEST_TIMER,
    unlimited: false,
    help: "serving on at a stop, with /readyz at 503, before the listeners close",
  },
  cert: { scope: "tls", kind: "text", placeholder: "PEM" },
  key: { scope: "tls", kind: "text", placeholder: "PEM" },
  tls: { scope: "connection", kind: "tls" },
  signal: { scope: "server", kind: "signal" },
  onListen: { scope: "server", kind: "function" },
  onError: { scope: "server", kind: "function" },
  onLog: { scope: "server", kind: "function" },
} as const satisfies
  & { readonly [Name in keyof PoolOptions]-?: OptionRule & { readonly scope: "pool" } }
  & {
    readonly [Name in Exclude<keyof ServerOptions, keyof PoolOptions>]:
      & OptionRule
      & { readonly scope: Exclude<OptionScope, "pool"> };
  };

type OptionRules = typeof OPTION_RULES;

/** The options whose row has a property, such as a scope. */
export type OptionWith<Property> = {
  [Name in keyof OptionRules]: OptionRules[Name] extends Property ? Name : never;
}[keyof OptionRules];

/** The options of a scope. */
export type OptionOf<Scope extends OptionScope> = OptionWith<{ readonly scope: Scope }>;

/** The options that flags and configuration files can set. */
export type TextOption = OptionWith<{ readonly help: string }>;

const NAMES = Object.keys(OPTION_RULES) as (keyof OptionRules)[];

/** Lists the options of a scope.
 *
 * @param scope the scope
 * @returns their names, in the order of the rows */
export function optionsOf<Scope extends OptionScope>(scope: Scope): readonly OptionOf<Scope>[] {
  return NAMES.filter((name): name is OptionOf<Scope> => OPTION_RULES[name].scope === scope);
}

/** The names of the options that flags and configuration files can set. */
export const TEXT_OPTIONS: readonly TextOption[] = NAMES.filter((name): name is TextOption =>
  "help" in OPTION_RULES[name]
);

function duration(min: number): NumberRule {
  return { kind: "duration", min, max: LONGEST_TIMER, unlimited: true };
}

function size(min: number, max: number, limit?: "or unlimited"): NumberRule {
  return { kind: "size", min, max, unlimited: limit !== undefined };
}

function count(min: number, max: number, limit?: "or unlimited"): NumberRule {
  return { kind: "count", min, max, unlimited: limit !== undefined };
}
