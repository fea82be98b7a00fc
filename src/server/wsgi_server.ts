// A server for one WSGI application, the counterpart of `cheroot.wsgi.Server`.

import { ModuleApp } from "../application/application.ts";
import type { WsgiApp } from "../gateway/wsgi/wsgi_types.ts";
import type { WsgiVersion } from "../gateway/wsgi/environ.ts";
import { createWsgiGateway } from "../gateway/wsgi/versions.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { Server } from "./server.ts";

/** Options of a {@linkcode WsgiServer}. */
export interface WsgiServerOptions extends Omit<ServerOptions, "bind" | "hostname" | "port"> {
  /** Version of WSGI. Not for a module, which exports its version beside `wsgi`.
   *
   * @default {"1.0"} */
  readonly wsgiVersion?: WsgiVersion;
}

/** A server for one WSGI application.
 *
 * @example Usage
 * ```ts
 * import { WsgiServer } from "../../mod.ts";
 *
 * await using server = new WsgiServer("127.0.0.1:0", (_environ, startResponse) => {
 *   startResponse("200 OK", [["Content-Type", "text/plain"]]);
 *   return [new TextEncoder().encode("Hello world!")];
 * });
 * await server.prepare();
 * const serving = server.serve();
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text());
 * await server.stop();
 * await serving;
 * ``` */
export class WsgiServer extends Server {
  /** Version of WSGI; undefined for a module, which exports its own. */
  readonly wsgiVersion: WsgiVersion | undefined;

  /** Checks the options; opens nothing.
   *
   * @param bindAddr where to listen, as the option `bind`
   * @param app the application. A function runs in the accepting thread, where it must not block; a module
   * that exports `{ wsgi }`, given by its URL, runs in the pool
   * @param options options of the server
   * @throws {TypeError} when an option or the application is of the wrong kind
   * @throws {RangeError} when an option is out of range */
  constructor(
    bindAddr: string | readonly string[],
    app: WsgiApp | URL | ModuleApp,
    options: WsgiServerOptions = {},
  ) {
    const { wsgiVersion, ...rest } = options;
    if ("bind" in rest) throw new TypeError("Cannot use bind: expected it as the first argument");
    if (typeof app === "function") {
      const gateway = createWsgiGateway(app, wsgiVersion);
      super({ ...rest, bind: bindAddr, app: gateway });
      this.wsgiVersion = gateway.version;
      return;
    }
    if (!(app instanceof URL || app instanceof ModuleApp)) {
      throw new TypeError(
        `Cannot serve WSGI application: expected a function or the URL of a module, got ${typeof app}`,
      );
    }
    if (wsgiVersion !== undefined) {
      throw new TypeError(
        "Cannot use wsgiVersion with a module: expected it beside wsgi in what the module exports",
      );
    }
    super({ ...rest, bind: bindAddr, app });
    this.wsgiVersion = undefined;
  }
}
