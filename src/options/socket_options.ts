// Do the options about sockets fit what is listened on? Each value has been checked by itself before.

import { type BindAddress, formatBindAddress } from "../net/bind_address.ts";
import type { ServerOptions } from "./server_options.ts";
import type { Mode } from "./modes.ts";

/** Options that are about UNIX sockets only. */
export const UNIX_OPTIONS = [
  "socketMode",
  "socketOwner",
  "socketGroup",
  "peerCredentials",
] as const satisfies readonly (keyof ServerOptions)[];

/** Refuses options that would do nothing, and addresses that cannot be shared.
 *
 * @param given the options that were given
 * @param bind what is listened on
 * @param mode where handlers run
 * @throws {TypeError} when an option does nothing, or shards cannot listen there */
export function checkSocketOptions(
  given: ServerOptions<never>,
  bind: readonly BindAddress[],
  mode: Mode,
): void {
  // The file of an inherited socket is somebody else's unless its path is given; peers are known of any.
  const hasFile = bind.some((address) => "path" in address && !address.path?.startsWith("\0"));
  const mayHavePeers = bind.some(({ transport }) => transport !== "tcp");
  for (const name of UNIX_OPTIONS) {
    const peers = name === "peerCredentials";
    if (given[name] === undefined || (peers ? mayHavePeers : hasFile)) continue;
    if (peers && given[name] === "off") continue;
    throw new TypeError(
      `Cannot use ${name}: it is about UNIX sockets, expected a bind such as unix:/run/app.sock, got ` +
        bind.map(formatBindAddress).join(", "),
    );
  }
  const foreign = bind.find(({ transport }) => transport !== "tcp");
  if (mode === "sharded" && foreign !== undefined) {
    throw new TypeError(
      `Cannot use bind ${
        formatBindAddress(foreign)
      } in mode "sharded": threads share TCP sockets ` +
        'only, expected mode "pool"',
    );
  }
}
