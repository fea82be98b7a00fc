// Makes the gateways of applications over node:http. The gateway loads node:http, so it is imported only
// where an application needs it.

import {
  classifyApplication,
  type ExportedApp,
  type ExportedNode,
} from "./classify_application.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Gateway } from "../gateway/gateway.ts";

/** The part of the entry for node:http that is used here. */
interface PreparableGateway extends Gateway {
  prepare(): Promise<void>;
}

/** Gateways that are ready, by their application. */
const prepared = new WeakMap<object, Gateway>();

/** Gets an application over node:http ready; does nothing for others.
 *
 * @param app the application
 * @throws the application's error */
export async function prepareNode(app: ExportedApp): Promise<void> {
  if (classifyApplication(app).kind === "node") prepared.set(app, await open(app));
}

/** The gateway of an application over node:http. One that is not ready gets ready at its first request. */
export function nodeGatewayFor(app: ExportedNode): Gateway {
  return prepared.get(app) ?? new LazyNodeGateway(app);
}

async function open(app: object): Promise<Gateway> {
  const { NodeGateway } = await import("../gateway/node/node_gateway.ts");
  const gateway: PreparableGateway = new NodeGateway(app);
  await gateway.prepare();
  return gateway;
}

class LazyNodeGateway extends Gateway {
  readonly #app: ExportedNode;
  #opening: Promise<Gateway> | undefined;
  #gateway: Gateway | undefined;

  constructor(app: ExportedNode) {
    super();
    this.#app = app;
  }

  override respond(exchange: Exchange): void | Promise<void> {
    if (this.#gateway !== undefined) return this.#gateway.respond(exchange);
    return this.#respondWhenReady(exchange);
  }

  async #respondWhenReady(exchange: Exchange): Promise<void> {
    this.#gateway = await (this.#opening ??= open(this.#app));
    await this.#gateway.respond(exchange);
  }
}
