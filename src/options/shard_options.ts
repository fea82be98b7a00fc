// The options that the server of a shard is made with. It is given the options in force for the
// whole server.

import { optionsOf } from "./option_rules.ts";
import type { ResolvedOptions } from "./resolve_options.ts";
import type { ServerOptions } from "./server_options.ts";

/** Picks the options that each shard gets. They can be posted to another thread: functions have another
 * scope.
 *
 * @param options the options in force for the whole server
 * @returns the options about connections */
export function shardOptions(options: ResolvedOptions): ServerOptions {
  return Object.fromEntries(optionsOf("connection").map((name) => [name, options[name]]));
}
