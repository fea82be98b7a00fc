// The implementations of TLS by their names, and the default.

import { DenoTlsAdapter } from "./deno_adapter.ts";
import { NodeTlsAdapter } from "./node_adapter.ts";
import type { TlsAdapterName } from "./tls_settings.ts";

const ADAPTERS: Readonly<
  Record<TlsAdapterName, typeof DenoTlsAdapter | typeof NodeTlsAdapter>
> = { deno: DenoTlsAdapter, node: NodeTlsAdapter };

/** Gets an implementation of TLS by its name.
 *
 * @param name `"deno"` is `Deno.listenTls`: the fastest; `"node"` is `node:tls`: with client
 * certificates, several certificates, deadlines that close sockets, and reloads that refuse no client
 * @returns its class
 * @throws {RangeError} when no implementation has this name
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

/** The implementation that `"auto"` stands for. `Deno.listenTls` of Deno 2.9 cannot keep a server's promises:
 * a silent client holds its socket without limit, as `close()` waits for its handshake, and a reload
 * refuses clients that connect at that moment. So it has to be asked for by its name. */
export const AUTO_ADAPTER: TlsAdapterName = "node";
