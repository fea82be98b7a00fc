// Starts a server in one call.

import type { Application } from "../application/application.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { beginServer, type Server } from "./server.ts";

/** Starts a server for an application.
 *
 * @example Usage
 * ```ts
 * import { serve } from "../../mod.ts";
 *
 * await using server = serve((request) => new Response(`You asked for ${request.url}`), { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text());
 * ```
 *
 * @param app a Fetch handler, an object with one, or a gateway
 * @param options how to serve it
 * @returns the server, bound and accepting. Where a file is at the path of a UNIX socket, it binds once the
 * file is known to be stale, and rejects `finished` when it is not
 * @throws {TypeError} when an option or the application is of the wrong kind
 * @throws {RangeError} when an option is out of range
 * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse` */
export function serve<Addr extends Deno.Addr = Deno.NetAddr>(
  app: Application,
  options: ServerOptions<Addr> = {},
): Server<Addr> {
  return beginServer({ ...options, app });
}
