/** Applications in the convention of node:http: Express, Connect, Koa, Fastify, an `http.Server`, or a handler
 * `(req, res) => …`. A server loads this entry by itself when an application needs it.
 *
 * ```ts
 * import { NodeGateway } from "./mod.ts";
 * import { serve } from "../../../mod.ts";
 *
 * const gateway = new NodeGateway((_request, response) => response.end("Hello world!"));
 * await using server = serve(gateway, { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text()); // Hello world!
 * ```
 *
 * @module */

export { Gateway } from "../gateway.ts";
export type { Exchange } from "../../exchange/exchange.ts";
export { NodeGateway } from "./node_gateway.ts";
export type { NodeApp, NodeHandler } from "./node_types.ts";
