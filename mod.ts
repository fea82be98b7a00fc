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

export type { Application } from "./src/application.ts";
export { serve } from "./src/serve.ts";
export { Server, type ServerInit } from "./src/server.ts";
export {
  DEFAULTS,
  type OptionDefaults,
  type ServerOptions,
} from "./src/options.ts";
export type { ServerStats } from "./src/stats.ts";
export type { LogEvent, LogLevel } from "./src/log.ts";
export { VERSION } from "./src/version.ts";
