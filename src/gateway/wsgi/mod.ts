/** WSGI (PEP 3333): types for applications in TypeScript, the gateways to them, and a validator. The
 * validator stands only here: a program that does not import this entry does not load it.
 *
 * ```ts
 * import type { StartResponse, WsgiEnviron } from "./mod.ts";
 * import { WsgiServer } from "../../../mod.ts";
 *
 * function app(environ: WsgiEnviron, startResponse: StartResponse) {
 *   startResponse("200 OK", [["Content-Type", "text/plain"]]);
 *   return [new TextEncoder().encode(`You asked for ${environ.PATH_INFO}`)];
 * }
 * await using server = new WsgiServer("127.0.0.1:0", app);
 * await server.prepare();
 * const serving = server.serve();
 * console.log(await (await fetch(`http://${server.bindAddr}/hello`)).text()); // You asked for /hello
 * await server.stop();
 * await serving;
 * ```
 *
 * @module */

export type {
  FileLike,
  StartResponse,
  WsgiApp,
  WsgiEnviron,
  WsgiExport,
  WsgiInput,
  WsgiResult,
  WsgiWrite,
} from "./wsgi_types.ts";
export { buildEnviron, type Environ, type WsgiVersion } from "./environ.ts";
export { WsgiGateway } from "./wsgi_gateway.ts";
export { gatewayMap, WsgiGateway10, WsgiGatewayU0 } from "./versions.ts";
export { WsgiResponse } from "./response.ts";
export { WsgiErrors } from "./error_stream.ts";
export { FileWrapper } from "./file_wrapper.ts";
export { validateWsgi } from "./validator.ts";
export { WsgiBreachError } from "./validator_rules.ts";
