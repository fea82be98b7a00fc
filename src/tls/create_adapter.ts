// Which implementation of TLS serves these settings?

import { DenoTlsAdapter, whyNode } from "./deno_adapter.ts";
import { filesOf } from "./keyring.ts";
import { NodeTlsAdapter } from "./node_adapter.ts";
import type { TlsAdapterName, TlsSettings } from "./tls_settings.ts";

const ADAPTERS = { deno: DenoTlsAdapter, node: NodeTlsAdapter } as const;

/** Gets an implementation of TLS by its name.
 *
 * @param name `"deno"` is `Deno.listenTls`: the fastest; `"node"` is `node:tls`: with client
 * certificates, several certificates, and reloads that refuse nobody
 * @returns its class
 * @throws {RangeError} when there is none of this name
 * @example Usage
 * ```ts
 * import { getTlsAdapter } from "../../mod.ts";
 *
 * console.log(getTlsAdapter("node").name); // NodeTlsAdapter
 * ``` */
export function getTlsAdapter<Name extends TlsAdapterName = "deno">(
  name: Name = "deno" as Name,
): typeof ADAPTERS[Name] {
  if (Object.hasOwn(ADAPTERS, name)) return ADAPTERS[name];
  throw new RangeError(
    `Cannot get TLS adapter ${JSON.stringify(name)}: expected "deno" or "node"`,
  );
}

/** Decides what `"auto"` means.
 *
 * @param settings settings of TLS
 * @returns `"deno"` where that can do all that is asked for. Where certificates are files they can be
 * renewed, and `"deno"` would refuse those who connect at that moment */
export function chooseAdapter(settings: TlsSettings): TlsAdapterName {
  return whyNode(settings) === undefined && filesOf(settings).length === 0 ? "deno" : "node";
}
