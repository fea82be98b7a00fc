// Checks that the options about sockets fit the addresses of the server and its mode. It is given
// values that have passed their own checks.

import { type BindAddress, formatBindAddress } from "../net/bind_address.ts";
import { PLATFORM } from "../net/thread_sharing.ts";
import type { Mode } from "./modes.ts";
import { optionsOf } from "./option_rules.ts";
import type { ServerOptions } from "./server_options.ts";

/** Options about UNIX sockets. */
export const UNIX_OPTIONS = optionsOf("unix-socket");

/** Refuses options that would have no effect, and addresses that shards cannot share.
 *
 * @param given the options that were given
 * @param bind the addresses of the server
 * @param mode where handlers run
 * @throws {TypeError} when an option would have no effect, or shards cannot listen on an address */
export function checkSocketOptions(
  given: ServerOptions<never>,
  bind: readonly BindAddress[],
  mode: Mode,
): void {
  // The file of an inherited socket belongs to another process unless its path is given. Peers can be
  // looked up on any UNIX socket.
  const hasFile = bind.some((address) => "path" in address && !address.path?.startsWith("\0"));
  const mayHavePeers = bind.some(({ transport }) => transport !== "tcp");
  for (const name of UNIX_OPTIONS) {
    const isAboutPeers = name === "peerCredentials";
    if (given[name] === undefined || (isAboutPeers ? mayHavePeers : hasFile)) continue;
    if (isAboutPeers && given[name] === "off") continue;
    throw new TypeError(
      `Cannot use ${name}: it is about UNIX sockets, expected a bind such as unix:/run/app.sock, got ` +
        bind.map(formatBindAddress).join(", "),
    );
  }
  if (given.reusePort === true) checkReusePort(bind, mode);
  const notTcp = bind.find(({ transport }) => transport !== "tcp");
  if (mode === "sharded" && notTcp !== undefined) {
    throw new TypeError(
      `Cannot use bind ${formatBindAddress(notTcp)} in mode "sharded": threads share TCP sockets ` +
        'only, expected mode "pool"',
    );
  }
}

/** Deno ends the process without a word that a program could catch when its flag is missing. */
function checkReusePort(bind: readonly BindAddress[], mode: Mode): void {
  if (mode === "sharded") {
    throw new TypeError(
      'Cannot use reusePort in mode "sharded": its threads share one socket, expected mode "pool"',
    );
  }
  if (!bind.some(({ transport }) => transport === "tcp")) {
    throw new TypeError(
      "Cannot use reusePort: it is about TCP ports, expected a bind such as 127.0.0.1:8070, got " +
        bind.map(formatBindAddress).join(", "),
    );
  }
  if (!PLATFORM.hasReusePort) {
    throw new TypeError("Cannot use reusePort: expected Deno's flag --unstable-net");
  }
}
