// Which values may an option have? One rule per option; option_check.ts applies it. The defaults and what
// they mean are in `options.ts`; how a value is spelt in text is the command line's business.

import type { ServerOptions } from "./server_options.ts";

/** What kind of value an option has, and its range, ends included. `none`: `Infinity` may be given. */
export type OptionRule =
  | {
    readonly kind: NumberKind;
    readonly min: number;
    readonly max: number;
    readonly none: boolean;
  }
  | {
    readonly kind:
      | "boolean"
      | "addresses"
      | "sources"
      | "paths"
      | "hostname"
      | "account"
      | "field-value"
      | "sni"
      | "tls"
      | "signal"
      | "function";
  }
  | { readonly kind: "text"; readonly placeholder: string }
  | { readonly kind: "choice"; readonly values: readonly string[]; readonly later?: string };

/** Kinds of whole numbers: milliseconds, octets, octets per second, permission bits, plain numbers. */
export type NumberKind = "duration" | "size" | "rate" | "mode" | "count";

/** 2^31 - 1 milliseconds, near 25 days, is the longest that a timer can wait. */
const longest = 2_147_483_647;
/** What is held in memory for one connection must be a size that thousands may have. */
const heldInMemory = 16 * 1024 * 1024;
/** Counts beyond this are typing errors; "no limit" has a name. */
const many = 2 ** 31 - 1;
/** Every thread has a heap, a stack and an event loop of its own. */
const manyThreads = 1_024;
/** V8 ends the process when a heap is too small for its own first objects: 4 MiB do that on Deno 2.9,
 * 6 MiB hold Robusto. This leaves room for those of later versions. */
const leastHeap = 16 * 1024 * 1024;

/** The rule of each option. */
export const OPTION_RULES: { readonly [Name in keyof Required<ServerOptions>]: OptionRule } = {
  bind: { kind: "addresses" },
  hostname: { kind: "hostname" },
  port: count(0, 65_535),
  socketMode: { kind: "mode", min: 0, max: 0o777, none: false },
  socketOwner: { kind: "account" },
  socketGroup: { kind: "account" },
  peerCredentials: { kind: "choice", values: ["off", "ids", "names"] },
  tcpBacklog: count(1, 65_535),
  noDelay: { kind: "boolean" },
  readBufferSize: size(64, heldInMemory),
  writeBufferSize: size(64, heldInMemory),
  tlsCertificate: { kind: "text", placeholder: "FILE" },
  tlsPrivateKey: { kind: "text", placeholder: "FILE" },
  tlsCertificateChain: { kind: "text", placeholder: "FILE" },
  tlsPasswordFile: { kind: "text", placeholder: "FILE" },
  tlsSni: { kind: "sni" },
  tlsAdapter: { kind: "choice", values: ["auto", "deno", "node"] },
  tlsClientAuth: { kind: "choice", values: ["none", "optional", "required"] },
  tlsClientCa: { kind: "text", placeholder: "FILE" },
  tlsMinVersion: { kind: "choice", values: ["TLSv1.2", "TLSv1.3"] },
  tlsCiphers: { kind: "text", placeholder: "NAME:NAME" },
  tlsReloadOnChange: { kind: "boolean" },
  timeout: duration(1),
  handshakeTimeout: duration(1),
  headTimeout: duration(1),
  contentTimeout: duration(1),
  minContentRate: { kind: "rate", min: 0, max: many, none: false },
  requestTimeout: duration(1),
  writeTimeout: duration(1),
  keepAliveTimeout: duration(1),
  shutdownTimeout: duration(0),
  keepAliveLimit: count(0, many, "or none"),
  maxConnections: count(1, many, "or none"),
  maxRequestsPerConnection: count(1, many, "or none"),
  mode: {
    kind: "choice",
    values: ["inline", "pool", "sharded"],
  },
  minWorkers: count(1, manyThreads),
  maxWorkers: count(1, manyThreads),
  exchangesPerWorker: count(1, 1_024),
  queueSize: count(0, many),
  queueTimeout: duration(1),
  handlerTimeout: duration(1),
  responseTimeout: duration(1),
  workerIdleTimeout: duration(1),
  maxExchangesPerWorker: count(1, many, "or none"),
  maxWorkerAge: duration(1),
  maxWorkerHeap: size(leastHeap, 2 ** 40, "or none"), // 1 TiB: V8 takes it, and nobody has more
  workerKind: { kind: "choice", values: ["auto", "web", "killable"] },
  maxAbandonedWorkers: count(0, manyThreads),
  maxRequestLineSize: size(16, heldInMemory), // 16: "GET / HTTP/1.1" and its CRLF
  maxHeadSize: size(16, heldInMemory),
  maxFieldCount: count(1, 65_535),
  maxContentSize: size(0, Number.MAX_SAFE_INTEGER, "or none"),
  maxChunkLineSize: size(32, heldInMemory), // 32: the longest size that is read, and a little
  maxChunkExtensionSize: size(0, heldInMemory),
  maxTrailerSize: size(0, heldInMemory),
  maxTrailerCount: count(0, 65_535),
  drainLimit: size(0, many),
  lingerLimit: size(0, many),
  pythonPath: { kind: "paths" },
  underscoreHeaders: { kind: "choice", values: ["drop", "refuse", "allow"] },
  serverName: { kind: "field-value" },
  protocol: { kind: "choice", values: ["HTTP/1.1", "HTTP/1.0"] },
  proxyMode: { kind: "boolean" },
  strictMode: { kind: "boolean" },
  trustedProxies: { kind: "sources" },
  forwardedFields: { kind: "choice", values: ["x-forwarded", "forwarded", "off"] },
  proxyProtocol: { kind: "choice", values: ["off", "optional", "required"] },
  cert: { kind: "text", placeholder: "PEM" },
  key: { kind: "text", placeholder: "PEM" },
  tls: { kind: "tls" },
  signal: { kind: "signal" },
  onListen: { kind: "function" },
  onError: { kind: "function" },
  onLog: { kind: "function" },
};

function duration(min: number): OptionRule {
  return { kind: "duration", min, max: longest, none: true };
}

function size(min: number, max: number, none?: "or none"): OptionRule {
  return { kind: "size", min, max, none: none !== undefined };
}

function count(min: number, max: number, none?: "or none"): OptionRule {
  return { kind: "count", min, max, none: none !== undefined };
}
