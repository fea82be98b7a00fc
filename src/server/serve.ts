// Starts a server in one call.

import type { Application } from "../application/application.ts";
import { classifyApplication } from "../application/classify_application.ts";
import type { FetchApp, FetchHandler } from "../gateway/fetch/fetch_handler.ts";
import type { ServerOptions } from "../options/server_options.ts";
import { beginServer, type Server } from "./server.ts";

/** Starts a server for a Fetch handler.
 *
 * @example Usage
 * ```ts
 * import { serve } from "../../mod.ts";
 *
 * await using server = serve((request) => new Response(`You asked for ${request.url}`), { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text());
 * ```
 *
 * @param handler the Fetch handler, or an object with one as `fetch`
 * @param options how to serve it
 * @returns the server, bound and accepting. Where a file is at the path of a UNIX socket, it binds once the
 * file is known to be stale, and rejects `finished` when it is not
 * @throws {TypeError} when an option or the application is of the wrong kind
 * @throws {RangeError} when an option is out of range
 * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse` */
export function serve<Addr extends Deno.Addr = Deno.NetAddr>(
  handler: FetchHandler<NoInfer<Addr>> | FetchApp<NoInfer<Addr>>,
  options?: ServerOptions<Addr>,
): Server<Addr>;
/** Starts a server for an application. A module, given by its URL or as a `ModuleApp`, runs in
 * workers unless `mode` says otherwise; everything else runs in this thread.
 *
 * @param app a Fetch handler, an object with one as `fetch`, with a WSGI application as `wsgi` or a
 * `(req, res) => …` as `node`, an application over `node:http`, a gateway, or a module
 * @param options how to serve it
 * @returns the server. It accepts at once, or when the workers have loaded the module; if they cannot,
 * `finished` rejects with an `ApplicationLoadError`
 * @throws {TypeError} when an option or the handler is of the wrong kind
 * @throws {RangeError} when an option is out of range
 * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse` */
export function serve<Addr extends Deno.Addr = Deno.NetAddr>(
  app: Application,
  options?: ServerOptions<Addr>,
): Server<Addr>;
/** Starts a server on a UNIX socket, with the arguments in the order of `Deno.serve`.
 *
 * @param options how to serve
 * @param handler the Fetch handler
 * @returns the server, bound and accepting
 * @throws {TypeError} when an option or the handler is of the wrong kind
 * @throws {RangeError} when an option is out of range
 * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse` */
export function serve(
  options: ServerOptions<Deno.UnixAddr> & { readonly path: string; readonly transport?: "unix" },
  handler: FetchHandler<Deno.UnixAddr>,
): Server<Deno.UnixAddr>;
/** Starts a server, with the arguments in the order of `Deno.serve`.
 *
 * @param options how to serve
 * @param handler the Fetch handler
 * @returns the server, bound and accepting
 * @throws {TypeError} when an option or the handler is of the wrong kind
 * @throws {RangeError} when an option is out of range
 * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse` */
export function serve<Addr extends Deno.Addr = Deno.NetAddr>(
  options: ServerOptions<Addr> & { readonly transport?: "tcp" | "unix" },
  handler: FetchHandler<NoInfer<Addr>>,
): Server<Addr>;
/** Starts a server on a UNIX socket for a handler among its options, as `Deno.serve` takes it.
 *
 * @param init the Fetch handler, and how to serve it
 * @returns the server, bound and accepting
 * @throws {TypeError} when an option or the handler is of the wrong kind
 * @throws {RangeError} when an option is out of range
 * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse` */
export function serve(
  init: ServerOptions<Deno.UnixAddr> & {
    readonly path: string;
    readonly transport?: "unix";
    readonly handler: FetchHandler<Deno.UnixAddr>;
  },
): Server<Deno.UnixAddr>;
/** Starts a server for a handler among its options, as `Deno.serve` takes it.
 *
 * @param init the Fetch handler, and how to serve it
 * @returns the server, bound and accepting
 * @throws {TypeError} when an option or the handler is of the wrong kind
 * @throws {RangeError} when an option is out of range
 * @throws what `Deno.listen` throws, such as `Deno.errors.AddrInUse` */
export function serve<Addr extends Deno.Addr = Deno.NetAddr>(
  init: ServerOptions<Addr> & {
    readonly handler: FetchHandler<NoInfer<Addr>>;
    readonly transport?: "tcp" | "unix";
  },
): Server<Addr>;
export function serve<Addr extends Deno.Addr = Deno.NetAddr>(
  first: Application | FetchHandler<Addr> | ServerOptions<Addr> & { readonly handler?: unknown },
  second?: ServerOptions<Addr> | FetchHandler<Addr>,
): Server<Addr> {
  if (typeof second === "function") {
    return beginServer<Addr>({ ...ownOptions(first), app: second as FetchHandler });
  }
  if (second === undefined && hasHandler(first)) {
    const { handler, ...options } = first;
    return beginServer<Addr>({ ...ownOptions(options), app: handler });
  }
  return beginServer({ ...second, app: first as Application });
}

/** Checks `transport`, which `Deno.serve` takes beside the address that says the same. */
function ownOptions(given: object): object {
  const { transport, ...options } = given as ServerOptions & { readonly transport?: unknown };
  const implied = options.path === undefined ? "tcp" : "unix";
  if (transport === undefined || transport === implied) return options;
  throw new TypeError(
    `Cannot use transport ${
      JSON.stringify(transport)
    }: expected "tcp", or "unix" together with path`,
  );
}

/** An object with `fetch` or of another convention is an application, whatever else it has. */
function hasHandler(value: object): value is { readonly handler: FetchHandler } {
  return classifyApplication(value).kind === "unknown" &&
    typeof (value as { handler?: unknown }).handler === "function";
}
