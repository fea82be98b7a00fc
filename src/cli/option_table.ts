// Which options can be given in text, and what does each of them mean in one line? This one table
// drives the flags, the configuration file, --print-config and --help.

import { OPTION_RULES, type OptionRule } from "../options/option_rules.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { placeholderOf } from "./option_text.ts";

/** The options that have a spelling in text. */
export type TextOption = Exclude<
  keyof ServerOptions,
  "cert" | "key" | "tls" | "signal" | "onListen" | "onError" | "onLog"
>;

/** Headings of the help, in its order. */
export const OPTION_GROUPS = [
  "Sockets",
  "TLS",
  "Deadlines",
  "Connections",
  "Workers",
  "Limits of a request",
  "Protocol",
  "Proxies in front",
] as const;

/** A row of the table. */
export interface OptionRow {
  /** Key in `ServerOptions` and in a configuration file. */
  readonly name: TextOption;
  /** The same in kebab-case, with two hyphens before it. */
  readonly flag: string;
  /** Heading that it stands under. */
  readonly group: typeof OPTION_GROUPS[number];
  /** What it sets and what happens past it. */
  readonly summary: string;
  /** Kind and range of its values. */
  readonly rule: OptionRule;
  /** What stands for a value in the help. */
  readonly placeholder: string;
}

/** The compiler asks for a row here when `ServerOptions` gets a member. */
const TEXTS: { readonly [Name in TextOption]: readonly [OptionRow["group"], string] } = {
  bind: [
    "Sockets",
    "HOST:PORT, [V6]:PORT, PORT, unix:PATH, unix:@NAME, fd:N; repeatable",
  ],
  hostname: ["Sockets", "host to listen on, instead of --bind"],
  port: ["Sockets", "port to listen on, instead of --bind"],
  socketMode: ["Sockets", "permission bits of a UNIX socket: who may write may connect"],
  socketOwner: ["Sockets", "user that a UNIX socket's file is given to"],
  socketGroup: ["Sockets", "group that a UNIX socket's file is given to"],
  peerCredentials: [
    "Sockets",
    "asks who is at the other end of a UNIX socket: ids (pid, uid, gid), or names too",
  ],
  tcpBacklog: ["Sockets", "connections that wait to be accepted; past it the system drops them"],
  noDelay: ["Sockets", "send small writes at once (TCP_NODELAY)"],
  readBufferSize: ["Sockets", "octets read at once"],
  writeBufferSize: ["Sockets", "octets of an answer gathered into one write"],
  tlsCertificate: ["TLS", "certificate in PEM, which turns TLS on; the chain may stand behind it"],
  tlsPrivateKey: ["TLS", "its private key in PEM"],
  tlsCertificateChain: ["TLS", "certificates that lead to its root, if in a file of their own"],
  tlsPasswordFile: ["TLS", "file whose first line is the password of an encrypted private key"],
  tlsSni: ["TLS", "another certificate for clients that ask for NAME, *.NAME; repeatable"],
  tlsAdapter: [
    "TLS",
    "node keeps every deadline and can do all, deno is faster; auto is node",
  ],
  tlsClientAuth: ["TLS", "whether clients show a certificate; required serves no other"],
  tlsClientCa: ["TLS", "whom certificates of clients must come from, in PEM"],
  tlsMinVersion: ["TLS", "lowest version that is spoken"],
  tlsCiphers: ["TLS", "cipher suites that are accepted; a connection with another is closed"],
  tlsReloadOnChange: ["TLS", "read the files again when they change, as at SIGHUP"],
  timeout: ["Deadlines", "sets handshake, head, content, write and keep-alive timeout at once"],
  handshakeTimeout: [
    "Deadlines",
    "from the accept to HTTP, with TLS or a PROXY header; past it close",
  ],
  headTimeout: [
    "Deadlines",
    "to a complete request head; past it 408, a plain close if no octet came",
  ],
  contentTimeout: ["Deadlines", "between two pieces of content; past it 408"],
  minContentRate: [
    "Deadlines",
    "slowest content, octets a second after 5s; below it 408; 0 is any",
  ],
  requestTimeout: ["Deadlines", "to a complete request, head and content; past it 408"],
  writeTimeout: ["Deadlines", "without progress while writing; past it the connection is aborted"],
  keepAliveTimeout: ["Deadlines", "idle between requests; past it a silent close"],
  shutdownTimeout: ["Deadlines", "for requests in flight when stopping; past it they are aborted"],
  keepAliveLimit: ["Connections", "idle connections kept; past it answers say close"],
  maxConnections: ["Connections", "open connections; past it accepting pauses"],
  maxRequestsPerConnection: [
    "Connections",
    "requests on one connection; the last answer says close",
  ],
  mode: [
    "Workers",
    "where handlers run: inline is the accepting thread, sharded several (default pool)",
  ],
  minWorkers: ["Workers", "workers that are always there"],
  maxWorkers: ["Workers", "workers at most, while requests wait (default as --min-workers)"],
  exchangesPerWorker: [
    "Workers",
    "requests one holds (1 if it blocks); past it the queue",
  ],
  queueSize: ["Workers", "requests that wait for a worker; past it 503"],
  queueTimeout: ["Workers", "a request's wait for a worker; past it 503"],
  handlerTimeout: ["Workers", "of a handler to the head of its answer; past it 504"],
  responseTimeout: ["Workers", "of a handler to the end of its answer; past it it is cut off"],
  workerIdleTimeout: ["Workers", "of a worker beyond --min-workers; past it the worker goes"],
  maxExchangesPerWorker: ["Workers", "requests before a worker is replaced, give or take a tenth"],
  maxWorkerAge: ["Workers", "age at which a worker is replaced"],
  maxWorkerHeap: ["Workers", "heap of a worker; past it the worker is ended and replaced"],
  workerKind: [
    "Workers",
    "web, or killable in a computation; auto is killable where a limit needs it",
  ],
  maxAbandonedWorkers: [
    "Workers",
    "workers that could not be ended; past it the server is not ready",
  ],
  maxRequestLineSize: ["Limits of a request", "longest request line; past it 414"],
  maxHeadSize: ["Limits of a request", "largest field section; past it 431"],
  maxFieldCount: ["Limits of a request", "field lines; past it 431"],
  maxContentSize: ["Limits of a request", "largest content; past it 413"],
  maxChunkLineSize: ["Limits of a request", "longest chunk line; past it 400"],
  maxChunkExtensionSize: [
    "Limits of a request",
    "chunk extensions of a whole content; past it 413",
  ],
  maxTrailerSize: ["Limits of a request", "largest trailer section; past it 431"],
  maxTrailerCount: ["Limits of a request", "field lines in it; past it 431"],
  drainLimit: [
    "Limits of a request",
    "unread content taken in to keep a connection; past it close",
  ],
  lingerLimit: [
    "Limits of a request",
    "octets dropped before a close that they would turn into a reset",
  ],
  pythonPath: [
    "Workers",
    "folder or archive where applications in Python find packages; repeatable",
  ],
  underscoreHeaders: ["Protocol", "field names with an underscore: drop, refuse (400) or allow"],
  serverName: ["Protocol", "value of the Server field; the empty text leaves it out"],
  protocol: ["Protocol", "highest version spoken: HTTP/1.1 or HTTP/1.0"],
  proxyMode: ["Protocol", "let CONNECT through to a Gateway"],
  strictMode: ["Protocol", "refuse octets in a target and methods that the RFC forbids"],
  trustedProxies: [
    "Proxies in front",
    "IP, NETWORK/BITS or unix of proxies that are believed, with commas; repeatable",
  ],
  forwardedFields: ["Proxies in front", "fields in which they tell of the client"],
  proxyProtocol: ["Proxies in front", "header before HTTP in which they tell of the client"],
};

/** The table, in the order of the help. */
export const OPTION_TABLE: readonly OptionRow[] = Object.entries(TEXTS).map(
  ([key, [group, summary]]) => {
    const name = key as TextOption;
    const rule = OPTION_RULES[name];
    return { name, flag: flagOf(name), group, summary, rule, placeholder: placeholderOf(rule) };
  },
);

const BY_NAME: ReadonlyMap<string, OptionRow> = new Map(OPTION_TABLE.map((row) => [row.name, row]));

/** Finds the row of a key.
 *
 * @param name key of a configuration file
 * @returns the row, or `undefined` when there is no such option */
export function optionNamed(name: string): OptionRow | undefined {
  return BY_NAME.get(name);
}

function flagOf(name: string): string {
  return "--" + name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
}
