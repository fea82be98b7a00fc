// The servers of the benches that several suites start.

import type { ServerSpec } from "../load/server_process.ts";

/** Robusto in the accepting thread. */
export const ROBUSTO: ServerSpec = { name: "robusto", file: "robusto.ts" };
/** Deno's own server. */
export const DENO_SERVE: ServerSpec = { name: "Deno.serve", file: "deno_serve.ts" };
/** The server of Deno's node:http. */
export const NODE_HTTP: ServerSpec = { name: "node:http", file: "node_http.ts" };

/** Robusto with workers, or with shards by the option `mode`.
 *
 * @param name its name in tables
 * @param options of `serve` */
export function pooled(name: string, options: Readonly<Record<string, unknown>>): ServerSpec {
  return { name, file: "pooled.ts", options };
}
