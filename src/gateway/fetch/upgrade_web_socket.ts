// `upgradeWebSocket`, as `Deno.upgradeWebSocket` is, for requests that this server has received. The entry
// `./websocket` of the package.

import { Promise, queueMicrotask, then } from "../../io/platform.ts";
import type { Exchange, WebSocketLimits } from "../../exchange/exchange.ts";
import { requestedProtocols, upgradeObstacle } from "../../exchange/upgrade.ts";
import { agreeOnDeflate } from "../../websocket/deflate.ts";
import { encodeClose } from "../../websocket/frames.ts";
import { acceptOf, handshakeFault, offeredProtocols } from "../../websocket/handshake.ts";
import { ServerSocket } from "../../websocket/server_socket.ts";
import { exchangeOf } from "./lazy_request.ts";
import { Response as PlatformResponse } from "./platform.ts";
import { upgradeResponse } from "./upgrade.ts";

export type { Upgraded, UpgradeOptions } from "./upgraded_connection.ts";

/** How a WebSocket is opened; the members of `Deno.UpgradeWebSocketOptions`. */
export interface UpgradeWebSocketOptions {
  /** The subprotocol, one of those that the client offers. */
  readonly protocol?: string;
  /** Seconds of silence until a ping, and from there to the end; 0 sends none. The option `webSocketPing`
   * without it. */
  readonly idleTimeout?: number;
}

/** A WebSocket and the response that opens it; the members of `Deno.WebSocketUpgrade`. */
export interface WebSocketUpgrade {
  /** What the handler must return. */
  readonly response: Response;
  /** Opens when the handler has returned the response. */
  readonly socket: WebSocket;
}

const DEFAULT_LIMITS: WebSocketLimits = {
  maxWebSocketMessage: 1024 * 1024,
  maxWebSocketBacklog: 16 * 1024 * 1024,
  webSocketPing: 30_000,
  webSocketCompression: false,
};

/** Opens a WebSocket (RFC 6455). Where the client has done the handshake wrong, the response tells it so
 * and the socket fails.
 *
 * @param request the request, as the handler was given it
 * @param options subprotocol and pings
 * @returns the socket, and the response that the handler must return
 * @throws {TypeError} when the request does not ask for a WebSocket or does not offer the subprotocol
 *
 * @example Usage
 * ```ts
 * import { serve } from "../../../mod.ts";
 * import { upgradeWebSocket } from "./upgrade_web_socket.ts";
 *
 * await using server = serve((request) => {
 *   if (request.headers.get("upgrade") !== "websocket") return new Response("Hello");
 *   const { socket, response } = upgradeWebSocket(request);
 *   socket.onmessage = ({ data }) => socket.send(data);
 *   return response;
 * }, { port: 0 });
 * ``` */
export function upgradeWebSocket(
  request: Request,
  options: UpgradeWebSocketOptions = {},
): WebSocketUpgrade {
  const exchange = exchangeOf(request);
  if (exchange === undefined) {
    throw new TypeError("Cannot upgrade: the request is not one that the server has given");
  }
  return upgradeExchange(exchange, options);
}

/** As {@linkcode upgradeWebSocket}, but undefined for a request of another server. */
export function tryUpgradeWebSocket(
  request: Request,
  options: UpgradeWebSocketOptions = {},
): WebSocketUpgrade | undefined {
  const exchange = exchangeOf(request);
  return exchange && upgradeExchange(exchange, options);
}

function upgradeExchange(
  exchange: Exchange,
  { protocol = "", idleTimeout }: UpgradeWebSocketOptions,
): WebSocketUpgrade {
  const { head, server } = exchange;
  const asked = requestedProtocols(head.fields.get("upgrade"));
  if (!asked.some((each) => each.toLowerCase() === "websocket")) {
    throw new TypeError("Cannot upgrade: the request does not ask for a WebSocket");
  }
  if (
    protocol !== "" &&
    !offeredProtocols(head.fields.get("sec-websocket-protocol")).includes(protocol)
  ) {
    throw new TypeError(`Cannot upgrade: the client does not offer the subprotocol ${protocol}`);
  }
  const limits = server.webSocket ?? DEFAULT_LIMITS;
  const { webSocketPing } = limits;
  const deflate = limits.webSocketCompression
    ? agreeOnDeflate(head.fields.get("sec-websocket-extensions"))
    : undefined;
  const socket = new ServerSocket(protocol, {
    maxMessage: limits.maxWebSocketMessage,
    maxBacklog: limits.maxWebSocketBacklog,
    deflate,
    pingInterval: idleTimeout === undefined
      ? webSocketPing
      : idleTimeout === 0
      ? Infinity
      : idleTimeout * 1000,
  });
  const fault = handshakeFault(head);
  if (fault !== undefined) {
    queueMicrotask(() => socket.fail(`Cannot open the socket: ${fault.reason}`));
    const response = new PlatformResponse(null, {
      status: fault.status,
      headers: fault.fields as [string, string][],
    });
    return { response, socket: socket as unknown as WebSocket };
  }
  const obstacle = upgradeObstacle(head);
  if (obstacle !== undefined) throw new TypeError(`Cannot upgrade: ${obstacle}`);
  const fields: [string, string][] = [
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Accept", acceptOf(head.fields.get("sec-websocket-key")!)],
  ];
  if (protocol !== "") fields.push(["Sec-WebSocket-Protocol", protocol]);
  if (deflate !== undefined) fields.push(["Sec-WebSocket-Extensions", deflate.text]);
  const response = upgradeResponse(exchange, fields, {
    start(returned: Exchange): Promise<void> {
      if (returned !== exchange) {
        throw new TypeError("Cannot upgrade: the response belongs to another request");
      }
      return openSocket(exchange, socket, fields);
    },
  });
  return { response, socket: socket as unknown as WebSocket };
}

function openSocket(
  exchange: Exchange,
  socket: ServerSocket,
  fields: readonly [string, string][],
): Promise<void> {
  const content = exchange.upgrade(fields, encodeClose(1012, "The worker has ended"));
  if (content === undefined) {
    socket.fail("No more connections may be upgraded");
    return Promise.resolve();
  }
  exchange.onDisconnect(() => socket.fail("The connection is lost"));
  exchange.onDeparture((departure) => {
    if (departure === "stop") socket.closeForStop();
    else socket.closeForReload();
  });
  return then(socket.open(exchange, content), () => exchange.end());
}
