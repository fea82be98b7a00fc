// The shortest way to a running server.

import type { Application } from "./application.ts";
import type { ServerOptions } from "./options.ts";
import { Server } from "./server.ts";

/** Starts a server for an application.
 *
 * @example Usage
 * ```ts
 * import { serve } from "../mod.ts";
 *
 * await using server = serve((request) => new Response(`You asked for ${request.url}`), { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text());
 * ```
 *
 * @param app a Fetch handler, an object with one, or a gateway
 * @param options how to serve it
 * @returns the server, bound and accepting
 * @throws {TypeError} when an option or the application is of the wrong kind
 * @throws {RangeError} when an option is out of range
 * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse` */
export function serve(app: Application, options: ServerOptions = {}): Server {
  return Server.begin({ ...options, app });
}
