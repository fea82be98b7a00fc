// Serves applications in the convention of node:http: makes the request and the response of each exchange,
// calls the application, and ends both when the response is sent or the client leaves.

import { caught, Promise as PlatformPromise } from "../../io/platform.ts";
import { Buffer } from "node:buffer";
import { nextTick } from "node:process";
import type { Exchange } from "../../exchange/exchange.ts";
import { endingOfApplicationError } from "../../exchange/error_policy.ts";
import { upgradeObstacle } from "../../exchange/upgrade.ts";
import { ProtocolError } from "../../http1/protocol_error.ts";
import {
  endWithError,
  type FailureEvents,
  rejectRequest,
  respondWithStatus,
} from "../error_responses.ts";
import { Gateway } from "../gateway.ts";
import { ExchangeSocket } from "./exchange_socket.ts";
import {
  type ListenerSource,
  nodeListener,
  type ServerOfApp,
  serverOfApp,
} from "./node_listener.ts";
import { NodeRequest } from "./node_request.ts";
import { NodeResponse } from "./node_response.ts";
import type { NodeHandler } from "./node_types.ts";
import { UpgradeSocket } from "./upgrade_socket.ts";

const FAILURE: FailureEvents = {
  fail: ["handler-failed", "Handler failed"],
  cut: ["response-failed", "Response could not be sent"],
};

/** Serves an application in the convention of node:http (`(req, res) => …`): a handler, an Express, Connect,
 * Koa or Fastify instance, or an `http.Server` that does not listen.
 *
 * @example Usage
 * ```ts
 * import { NodeGateway } from "./mod.ts";
 * import { serve } from "../../../mod.ts";
 *
 * const gateway = new NodeGateway((_request, response) => response.end("Hello world!"));
 * await using server = serve(gateway, { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text()); // Hello world!
 * ``` */
export class NodeGateway extends Gateway {
  readonly #source: ListenerSource;
  readonly #server: ServerOfApp | undefined;
  #listener: NodeHandler | undefined;
  #opening: Promise<NodeHandler> | undefined;

  /** Makes a gateway for one application.
   *
   * @param app a handler or an instance
   * @throws {TypeError} when it is no such application */
  constructor(app: NodeHandler | object) {
    super();
    this.#source = nodeListener(app);
    this.#server = serverOfApp(app);
    if (typeof this.#source === "function") this.#listener = this.#source;
  }

  /** Prepares an instance that loads parts of itself first, such as Fastify's plugins. The first request does
   * it otherwise.
   *
   * @throws the application's error */
  async prepare(): Promise<void> {
    this.#listener ??= await this.#open();
  }

  /** Responds to one exchange.
   *
   * @param exchange the request, and where the response goes
   * @returns nothing when the response has been given, else a promise of that */
  override respond(exchange: Exchange): void | Promise<void> {
    if (this.#listener === undefined) return this.#respondPrepared(exchange);
    return this.#run(exchange, this.#listener);
  }

  async #respondPrepared(exchange: Exchange): Promise<void> {
    try {
      await this.prepare();
    } catch (error) {
      return endWithError(exchange, endingOfApplicationError(exchange), error, FAILURE);
    }
    await this.#run(exchange, this.#listener!);
  }

  #run(exchange: Exchange, listener: NodeHandler): void | Promise<void> {
    const server = this.#server;
    const isTunnel = exchange.head.method === "CONNECT";
    const event = isTunnel ? "connect" : "upgrade";
    // As in Node, a request for an upgrade that has no listener is served as if it asked for none.
    if (
      server !== undefined && server.listenerCount(event) > 0 &&
      upgradeObstacle(exchange.head) === undefined
    ) return runUpgrade(exchange, server, event);
    // A tunnel is no response, and Node closes the connection too.
    if (isTunnel) return respondWithStatus(exchange, 405);
    return run(exchange, listener, server);
  }

  #open(): Promise<NodeHandler> {
    return this.#opening ??= (this.#source as Exclude<ListenerSource, NodeHandler>).open();
  }
}

/** Runs one exchange through a handler. */
function run(
  exchange: Exchange,
  handler: NodeHandler,
  server: ServerOfApp | undefined,
): void | Promise<void> {
  const { promise, resolve } = PlatformPromise.withResolvers<void>();
  const socket = new ExchangeSocket(exchange);
  const fail = (error: unknown) => {
    if (!exchange.ended) {
      endWithError(exchange, endingOfApplicationError(exchange), error, FAILURE);
    }
    socket.destroy();
  };
  const request = new NodeRequest(exchange, socket, (error) => {
    const fault = exchange.contentFailure;
    if (fault instanceof ProtocolError && !exchange.responding) rejectRequest(exchange, fault);
    abort(request, socket, error);
  });
  // Ahead of the listener by which the response closes, as in Node.
  socket.once("close", () => {
    if (!response.writableFinished) request.destroy(connectionReset());
  });
  const response = new NodeResponse(request, exchange, socket, fail);
  socket.once("close", resolve);
  socket.on("timeout", () => {
    const heard = [
      !request.complete && request.emit("timeout", socket),
      response.emit("timeout", socket),
      server !== undefined && server.emit("timeout", socket),
    ];
    if (!heard.includes(true)) socket.destroy(); // whatever listens to the socket itself, as in Node
  });
  const timeout = server?.timeout ?? 0;
  if (timeout > 0) socket.setTimeout(timeout);
  response.once("finish", () => {
    response.detachSocket(socket as unknown as Parameters<typeof response.detachSocket>[0]);
    nextTick(() => {
      NodeResponse.close(response);
      NodeRequest.leave(request);
      if (exchange.ended) socket.destroy();
      else socket.destroySoon();
    });
  });
  exchange.onDisconnect(() => {
    if (!socket.destroyed) abort(request, socket, connectionReset());
  });
  try {
    const result = handler(request, response);
    if (isPromise(result)) caught(PlatformPromise.resolve(result), fail);
    if (exchange.content === undefined) request.complete = true; // behind the handler, as in Node
  } catch (error) {
    fail(error);
  }
  return exchange.ended && !NodeResponse.isSending(response) ? undefined : promise;
}

/** Gives the connection of one exchange to the listeners of `upgrade` or `connect`. */
function runUpgrade(exchange: Exchange, server: ServerOfApp, event: string): Promise<void> {
  const fail = (error: unknown) => {
    if (!exchange.ended) {
      endWithError(exchange, endingOfApplicationError(exchange), error, FAILURE);
    }
    socket.destroy();
  };
  const socket = new UpgradeSocket(exchange, fail);
  const request = new NodeRequest(exchange, socket, (error) => socket.destroy(error as Error));
  Object.assign(request, { upgrade: true, complete: true });
  try {
    server.emit(event, request, socket, Buffer.alloc(0));
  } catch (error) {
    fail(error);
  }
  return socket.untilClosed;
}

/** Tells the application that its client is gone, as Node does: `aborted`, an error if the application
 * listens for errors, and `close`. */
function abort(request: NodeRequest, socket: ExchangeSocket, error: unknown): void {
  request.destroy(error as Error);
  socket.destroy();
}

function connectionReset(): Error {
  return Object.assign(new Error("aborted"), { code: "ECONNRESET" });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
