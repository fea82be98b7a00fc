// Finds the handler of an application in the convention of node:http. It knows frameworks by their members,
// because an application brings its own copy of each.

import type { NodeHandler } from "./node_types.ts";

/** A handler, or how to get it. */
export type ListenerSource = NodeHandler | { open(): Promise<NodeHandler> };

/** The members that are used, each of one kind of application. */
interface NodeInstance {
  node?: NodeHandler;
  callback?: () => NodeHandler;
  routing?: NodeHandler;
  ready?: () => PromiseLike<unknown>;
  server?: NodeInstance;
  emit?: (event: string, ...args: unknown[]) => boolean;
  listenerCount?: (event: string) => number;
  listening?: boolean;
}

/** Finds the handler of an application.
 *
 * @param app a handler, `{ node }`, or an instance of Express, Connect, Koa, Fastify or `http.Server`
 * @returns the handler, or how to get it
 * @throws {TypeError} when it is none of these */
export function nodeListener(app: unknown): ListenerSource {
  if (typeof app === "function") return app as NodeHandler; // Express and Connect are functions
  const instance = (app ?? {}) as NodeInstance;
  if (instance.node !== undefined) return nodeListener(instance.node);
  if (instance.callback !== undefined) return instance.callback();
  if (instance.routing !== undefined && instance.ready !== undefined) {
    return {
      async open() {
        await instance.ready!();
        return (request, response) => instance.routing!(request, response);
      },
    };
  }
  if (instance.emit !== undefined) return (...pair) => emitRequest(instance, ...pair);
  throw new TypeError(`Cannot serve Node application: expected a function, got ${typeof app}`);
}

/** What is used of an `http.Server` that does not listen, beside its listeners of requests. */
export interface ServerOfApp {
  /** Milliseconds of inactivity after which a socket has its `timeout`; 0 or missing for none. */
  readonly timeout?: number;
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: string): number;
}

/** Finds the server whose listeners of `upgrade`, `connect` and `timeout` belong to an application: an
 * `http.Server`, or that of a Fastify instance.
 *
 * @param app the application
 * @returns undefined when it has none */
export function serverOfApp(app: unknown): ServerOfApp | undefined {
  const instance = (app ?? {}) as NodeInstance;
  if (instance.node !== undefined) return serverOfApp(instance.node);
  const server = instance.server ?? instance;
  const emits = typeof server.emit === "function" && typeof server.listenerCount === "function";
  return emits ? server as ServerOfApp : undefined;
}

/** Gives a request to an `http.Server`, by the event that Node's own server would emit. */
function emitRequest(server: NodeInstance, ...[request, response]: Parameters<NodeHandler>): void {
  if (server.listenerCount!("request") === 0) {
    // Node's own would let the client wait. Such a server takes upgrades only.
    response.statusCode = 404;
    return response.end();
  }
  const { expect } = request.headers;
  const event = expect === undefined
    ? "request"
    : /^100-continue$/i.test(expect)
    ? "checkContinue"
    : "checkExpectation";
  server.emit!(server.listenerCount!(event) > 0 ? event : "request", request, response);
}
