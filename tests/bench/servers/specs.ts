// The servers of the benches that several suites start.

import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../support/root.ts";
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

/** The same server of Robusto with the sources of another checkout, such as that of an earlier commit.
 *
 * @param spec a server that is a module of `servers/`
 * @param folder root of the other checkout */
export function fromCheckout(spec: ServerSpec, folder: string): ServerSpec {
  const other = pathToFileURL(resolve(folder, "mod.ts")).href;
  const map = JSON.stringify({ imports: { [new URL("mod.ts", ROOT).href]: other } });
  const importMap = `--import-map=data:application/json,${encodeURIComponent(map)}`;
  return {
    ...spec,
    name: `${spec.name}, ${basename(resolve(folder))}`,
    command: [Deno.execPath(), "run", "-A", importMap],
  };
}
