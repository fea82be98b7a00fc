// The gateway for each version of WSGI.

import type { WsgiApp } from "./wsgi_types.ts";
import type { WsgiVersion } from "./environ.ts";
import { WsgiGateway } from "./wsgi_gateway.ts";

/** Serves WSGI 1.0.1 (PEP 3333): strings of the environ have one character for each octet.
 *
 * @example Usage
 * ```ts
 * import { serve, WsgiGateway10 } from "../../../mod.ts";
 *
 * const gateway = new WsgiGateway10((_environ, startResponse) => {
 *   startResponse("200 OK", [["Content-Type", "text/plain"]]);
 *   return [new TextEncoder().encode("Hello world!")];
 * });
 * await using server = serve(gateway, { port: 0 });
 * ``` */
export class WsgiGateway10 extends WsgiGateway {
  /** Version of the convention. */
  override readonly version = "1.0";
}

/** Serves WSGI u.0, an experiment of CherryPy: path and query are Unicode. `environ["wsgi.url_encoding"]`
 * names the encoding that they were decoded from: `utf-8`, or `ISO-8859-1` where they are not UTF-8. */
export class WsgiGatewayU0 extends WsgiGateway {
  /** Version of the convention. */
  override readonly version = "u.0";
}

const GATEWAYS: ReadonlyMap<WsgiVersion, new (app: WsgiApp) => WsgiGateway> = new Map<
  WsgiVersion,
  new (app: WsgiApp) => WsgiGateway
>([["1.0", WsgiGateway10], ["u.0", WsgiGatewayU0]]);

/** The gateway classes by their versions of WSGI.
 *
 * @returns the same map at each call */
export function gatewayMap(): ReadonlyMap<WsgiVersion, new (app: WsgiApp) => WsgiGateway> {
  return GATEWAYS;
}

/** Makes the gateway for an application.
 *
 * @param app the application
 * @param version version of the convention
 * @returns a gateway
 * @throws {TypeError} when there is no such version, or `app` is no function */
export function createWsgiGateway(app: WsgiApp, version: string = "1.0"): WsgiGateway {
  const Chosen = GATEWAYS.get(version as WsgiVersion);
  if (Chosen !== undefined) return new Chosen(app);
  const known = [...GATEWAYS.keys()].map((name) => JSON.stringify(name)).join(" or ");
  throw new TypeError(
    `Cannot serve WSGI application: expected wsgiVersion ${known}, got ${JSON.stringify(version)}`,
  );
}
