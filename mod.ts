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
 * Parts that few programs need have other entries, in `exports` of deno.json: `./gateway` to write a
 * {@linkcode Gateway}, `./node` for applications over `node:http`, `./wsgi` for WSGI applications and their validator, `./tls` for TLS adapters,
 * `./content` for readers of content, `./pool` for the worker pool by itself and the types of its statistics, `./log` for formats of logs,
 * `./python` for Python applications.
 *
 * @module */

export { upgradeWebSocket } from "./src/gateway/fetch/upgrade_web_socket.ts";
export { serve } from "./src/server/serve.ts";
export { Server, type ServerInit } from "./src/server/server.ts";
export { WsgiServer, type WsgiServerOptions } from "./src/server/wsgi_server.ts";
export { DEFAULTS, type OptionDefaults } from "./src/options/defaults.ts";
export type { PoolOptions, ServerOptions } from "./src/options/server_options.ts";
export type { Mode } from "./src/options/modes.ts";
export type { LogEvent, LogLevel } from "./src/log/log_event.ts";
export { accessLogFormatter } from "./src/access_log/access_log_format.ts";

export { type Application, ModuleApp } from "./src/application/application.ts";
export {
  type DedicatedPool,
  type MountableApp,
  PathDispatcher,
} from "./src/application/path_dispatcher.ts";

export { Gateway } from "./src/gateway/gateway.ts";
export type { Exchange } from "./src/exchange/exchange.ts";
export { FetchGateway } from "./src/gateway/fetch/fetch_gateway.ts";
export type { FetchApp, FetchHandler, FetchInfo } from "./src/gateway/fetch/fetch_handler.ts";
export { WsgiGateway } from "./src/gateway/wsgi/wsgi_gateway.ts";
export { gatewayMap, WsgiGateway10, WsgiGatewayU0 } from "./src/gateway/wsgi/versions.ts";

export { WorkerPool } from "./src/pool/worker_pool.ts";
export type { ServerStats } from "./src/admin/server_stats.ts";
export type { Counters, TrafficStats } from "./src/connection/counters.ts";
export type { ShardStats } from "./src/shard/shard_stats.ts";

export { KnownLengthReader } from "./src/content/known_length_reader.ts";
export { ChunkedReader } from "./src/content/chunked_reader.ts";
export { SizeLimitedReader } from "./src/content/size_limited_reader.ts";
export { DropUnderscoreHeaderReader, HeaderReader } from "./src/content/header_reader.ts";

export { TlsAdapter } from "./src/tls/tls_adapter.ts";
export { DenoTlsAdapter } from "./src/tls/deno_adapter.ts";
export { NodeTlsAdapter } from "./src/tls/node_adapter.ts";
export { getTlsAdapter } from "./src/tls/get_tls_adapter.ts";

export { ApplicationLoadError } from "./src/application/application_load_error.ts";
export { MaxSizeExceededError } from "./src/http1/max_size_exceeded_error.ts";
export { ProtocolError } from "./src/http1/protocol_error.ts";
export { CertificateError, FatalTlsAlertError, NoTlsError } from "./src/tls/tls_errors.ts";

export { VERSION } from "./src/version.ts";

if (import.meta.main) {
  // Imported here, so that a program that imports this module does not load the command line. Not awaited:
  // an application that imports this module too would wait for ever. The timer keeps the process alive
  // while it waits for a handler that nothing else keeps alive.
  setInterval(() => {}, 2 ** 30);
  import("./src/cli/early_signals.ts")
    .then(({ takeEarlySignals }) => takeEarlySignals())
    .then(() => import("./src/cli/main.ts"))
    .then(({ main }) => main(Deno.args)).then(Deno.exit);
}
