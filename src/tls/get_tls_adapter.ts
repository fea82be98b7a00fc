// Which implementations of TLS are there, and which is taken where nobody says?

import { DenoTlsAdapter } from "./deno_adapter.ts";
import { NodeTlsAdapter } from "./node_adapter.ts";
import type { TlsAdapterName } from "./tls_settings.ts";

const ADAPTERS: Readonly<
  Record<TlsAdapterName, typeof DenoTlsAdapter | typeof NodeTlsAdapter>
> = { deno: DenoTlsAdapter, node: NodeTlsAdapter };

/** Gets an implementation of TLS by its name.
 *
 * @param name `"deno"` is `Deno.listenTls`: the fastest; `"node"` is `node:tls`: with client
 * certificates, several certificates, deadlines that close sockets, and reloads that refuse nobody
 * @returns its class
 * @throws {RangeError} when there is none of this name
 * @example Usage
 * ```ts
 * import { getTlsAdapter } from "../../mod.ts";
 *
 * console.log(getTlsAdapter("node").name); // NodeTlsAdapter
 * ``` */
export function getTlsAdapter(
  name: TlsAdapterName = "deno",
): typeof DenoTlsAdapter | typeof NodeTlsAdapter {
  if (Object.hasOwn(ADAPTERS, name)) return ADAPTERS[name];
  throw new RangeError(
    `Cannot get TLS adapter ${JSON.stringify(name)}: expected "deno" or "node"`,
  );
}

/** What `"auto"` means. With Deno 2.9 `Deno.listenTls` cannot keep what is promised of a server: a client
 * that says nothing holds its socket for as long as it likes, as `close()` waits for its handshake, and a
 * reload refuses those who connect at that moment. So it is for those who ask for it. */
export const AUTO_ADAPTER: TlsAdapterName = "node";
