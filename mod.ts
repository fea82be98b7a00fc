/** Robusto: a production-ready HTTP/1.1 server for Deno.
 *
 * ```ts
 * import { serve } from "./mod.ts";
 *
 * await using server = serve(() => new Response("Hello world!"), { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text());
 * ```
 *
 * As a program it serves a module: `deno run -A mod.ts ./app.ts`.
 *
 * @module */

export {
  type Application,
  type ApplicationValue,
  ModuleApp,
} from "./src/application/application.ts";
export { serve } from "./src/server/serve.ts";
export { Server, type ServerInit } from "./src/server/server.ts";
export { DEFAULTS, type OptionDefaults } from "./src/options/defaults.ts";
export type { ServerOptions } from "./src/options/server_options.ts";
export type { Mode } from "./src/options/modes.ts";
export type { ServerStats } from "./src/server/server_stats.ts";
export type { TrafficStats } from "./src/connection/counters.ts";
export type { Counters } from "./src/connection/counters.ts";
export type { ShardStats } from "./src/shard/shard_stats.ts";
export type { Executor } from "./src/exchange/executor.ts";
export { WorkerPool } from "./src/pool/worker_pool.ts";
export type { WorkerPoolOptions } from "./src/pool/pool_options.ts";
export type { PoolStats, WorkerStats, WorkStats } from "./src/pool/pool_stats.ts";
export type { HistogramView } from "./src/pool/histogram.ts";
export type { WorkerState } from "./src/pool/pool_worker.ts";
export type { WorkerKind } from "./src/pool/worker_thread.ts";
export type { LogEvent, LogLevel, LogSink } from "./src/log/log_event.ts";

export {
  type DedicatedPool,
  type MountableApp,
  PathDispatcher,
} from "./src/application/path_dispatcher.ts";
export type {
  AppTree,
  ModuleLeaf,
  Mount,
  MountBranch,
  ValueLeaf,
} from "./src/application/application_tree.ts";
export type { DedicatedPoolOptions } from "./src/options/modes.ts";
export type { LoadPlace } from "./src/application/application_load_error.ts";

export { Gateway } from "./src/gateway/gateway.ts";
export { WsgiGateway } from "./src/gateway/wsgi/wsgi_gateway.ts";
export { gatewayMap, WsgiGateway10, WsgiGatewayU0 } from "./src/gateway/wsgi/versions.ts";
export type {
  FileLike,
  StartResponse,
  WsgiApp,
  WsgiEnviron,
  WsgiExport,
  WsgiInput,
  WsgiResult,
  WsgiWrite,
} from "./src/gateway/wsgi/wsgi_types.ts";
export { buildEnviron, type Environ, type WsgiVersion } from "./src/gateway/wsgi/environ.ts";
export { validateWsgi } from "./src/gateway/wsgi/validator.ts";
export { WsgiBreachError } from "./src/gateway/wsgi/validator_rules.ts";
export { WsgiServer, type WsgiServerOptions } from "./src/server/wsgi_server.ts";
export { WsgiResponse } from "./src/gateway/wsgi/response.ts";
export { WsgiErrors } from "./src/gateway/wsgi/error_stream.ts";
export { FileWrapper } from "./src/gateway/wsgi/file_wrapper.ts";
export { type ErrorHandler, FetchGateway } from "./src/gateway/fetch/fetch_gateway.ts";
export type { FetchApp, FetchHandler, FetchInfo } from "./src/gateway/fetch/fetch_handler.ts";
export type { BlockingExchange, Exchange, ServerInfo } from "./src/exchange/exchange.ts";
export type { RequestHead } from "./src/http1/request_head.ts";
export type {
  AbsoluteForm,
  AsteriskForm,
  AuthorityForm,
  OriginForm,
  RequestTarget,
} from "./src/http1/request_target.ts";
export type { Field, ResponseHead } from "./src/http1/response_head.ts";
export type { Address } from "./src/io/address.ts";
export type { PeerCredentials } from "./src/io/peer_credentials.ts";

export type { CertificateInfo, DistinguishedName, TlsInfo } from "./src/tls/tls_info.ts";
export type {
  CertificateSettings,
  NamedCertificateSettings,
  TlsAdapterName,
  TlsSettings,
} from "./src/tls/tls_settings.ts";
export { TlsAdapter, type TlsAddress, type TlsConnection } from "./src/tls/tls_adapter.ts";
export type { Keyring } from "./src/tls/keyring.ts";
export type { KeyPair } from "./src/tls/key_pair.ts";
export { DenoTlsAdapter } from "./src/tls/deno_adapter.ts";
export { NodeTlsAdapter } from "./src/tls/node_adapter.ts";
export { getTlsAdapter } from "./src/tls/get_tls_adapter.ts";
export {
  CertificateError,
  FatalTlsAlertError,
  NoTlsError,
  type TlsFailure,
} from "./src/tls/tls_errors.ts";
export type { AcceptedSocket, ListeningSocket } from "./src/net/listening_socket.ts";
export type { ByteStream } from "./src/io/byte_stream.ts";

export { KnownLengthReader } from "./src/content/known_length_reader.ts";
export { ChunkedReader } from "./src/content/chunked_reader.ts";
export { SizeLimitedReader } from "./src/content/size_limited_reader.ts";
export { DropUnderscoreHeaderReader, HeaderReader } from "./src/content/header_reader.ts";
export { ApplicationLoadError } from "./src/application/application_load_error.ts";
export { MaxSizeExceededError } from "./src/http1/max_size_exceeded_error.ts";
export { ProtocolError } from "./src/http1/protocol_error.ts";

export { VERSION } from "./src/version.ts";

if (import.meta.main) {
  // Imported here: the command line is not in the graph of those who import this module. Not awaited:
  // an application that imports it too would wait for ever. So it takes a timer to keep the process
  // while a handler that nothing else keeps is waited for.
  setInterval(() => {}, 2 ** 30);
  import("./src/cli/main.ts").then(({ main }) => main(Deno.args)).then(Deno.exit);
}
