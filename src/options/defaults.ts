// The default of every option that has one. The compiler demands one for each member of
// `ServerOptions` that is not excepted here.

import { DEFAULT_CONTENT_LIMITS } from "../http1/content_decoder.ts";
import { DEFAULT_HEAD_LIMITS } from "../http1/request_head.ts";
import { DEFAULT_HOSTNAME, DEFAULT_PORT, formatBindAddress } from "../net/bind_address.ts";
import { VERSION } from "../version.ts";
import type { ServerOptions } from "./server_options.ts";

/** The value of every option that has a default. */
export type OptionDefaults = Required<
  Omit<
    ServerOptions,
    // Without a constant default: they set other options, follow from something else, or are not set.
    | "hostname"
    | "port"
    | "path"
    | "chdir"
    | "socketOwner"
    | "socketGroup"
    | "timeout"
    | "mode"
    | "maxWorkers"
    | "tlsCertificate"
    | "tlsPrivateKey"
    | "tlsCertificateChain"
    | "tlsPasswordFile"
    | "tlsSni"
    | "tlsClientCa"
    | "tlsCiphers"
    | "accessLog"
    | "captureOutput"
    | "admin"
    | "adminTokenFile"
    | "cert"
    | "key"
    | "tls"
    | "signal"
    | "onListen"
    | "onError"
    | "onLog"
  >
>;

const KiB = 1024;
const seconds = 1000;

/** The values of options that are not given: durations in milliseconds, sizes in octets. */
export const DEFAULTS: OptionDefaults = Object.freeze({
  bind: formatBindAddress({
    transport: "tcp",
    hostname: DEFAULT_HOSTNAME,
    port: DEFAULT_PORT,
  }),
  reusePort: false,
  socketMode: 0o660,
  peerCredentials: "off",
  tcpBacklog: 511,
  noDelay: true,
  readBufferSize: 16 * KiB,
  writeBufferSize: 32 * KiB,
  tlsAdapter: "auto",
  tlsClientAuth: "none",
  tlsMinVersion: "TLSv1.2",
  tlsReloadOnChange: false,
  handshakeTimeout: 10 * seconds,
  headTimeout: 15 * seconds,
  contentTimeout: 30 * seconds,
  minContentRate: 240,
  requestTimeout: 300 * seconds,
  writeTimeout: 60 * seconds,
  minResponseRate: 240,
  keepAliveTimeout: 65 * seconds,
  shutdownTimeout: 10 * seconds,
  keepAliveLimit: Infinity,
  maxConnections: 10_000,
  maxRequestsPerConnection: Infinity,
  maxWebSockets: Infinity,
  maxWebSocketMessage: KiB * KiB,
  maxWebSocketBacklog: 16 * KiB * KiB,
  webSocketPing: 30 * seconds,
  webSocketCompression: false,
  // At least two: while one computes, the other can respond.
  minWorkers: Math.max(2, navigator.hardwareConcurrency),
  exchangesPerWorker: 64,
  queueSize: 1024,
  queueTimeout: 10 * seconds,
  maxBufferedContent: 64 * 1024 * 1024,
  maxSpooledContent: 1024 * 1024 * 1024,
  handlerTimeout: Infinity,
  responseTimeout: Infinity,
  workerTimeout: 30 * seconds,
  startTimeout: 60 * seconds,
  retryIdempotent: false,
  workerIdleTimeout: 60 * seconds,
  maxExchangesPerWorker: Infinity,
  maxWorkerAge: Infinity,
  maxWorkerHeap: Infinity,
  workerKind: "auto",
  maxAbandonedWorkers: 2,
  ...DEFAULT_HEAD_LIMITS,
  maxContentSize: 100 * KiB * KiB,
  ...DEFAULT_CONTENT_LIMITS,
  drainLimit: 64 * KiB,
  lingerLimit: 256 * KiB,
  python: "auto",
  pythonPath: Object.freeze([]),
  gateway: "auto",
  underscoreHeaders: "allow",
  serverName: `Robusto/${VERSION}`,
  software: `Robusto/${VERSION} Server`,
  protocol: "HTTP/1.1",
  serverTiming: false,
  proxyMode: false,
  strictMode: true,
  trustedProxies: Object.freeze([]),
  forwardedFields: "x-forwarded",
  proxyProtocol: "off",
  accessLogFormat: "combined",
  logFile: "-",
  logFormat: "text",
  logLevel: "info",
  stopDelay: 0,
});
