// Passes each request to the gateway whose prefix its path begins with.

import type { Exchange } from "../../exchange/exchange.ts";
import { plainResponse } from "../../http1/plain_response.ts";
import { Gateway } from "../gateway.ts";
import { PrefixTable } from "./prefix_table.ts";

/** Chooses among gateways by the path. */
export class PathGateway extends Gateway {
  /** True when one of the gateways blocks: it is not known beforehand where a request goes. */
  override readonly blocks: boolean;

  readonly #table: PrefixTable<Gateway>;

  /** @param gateways the gateway at each prefix */
  constructor(gateways: Iterable<readonly [prefix: string, gateway: Gateway]>) {
    super();
    const entries = [...gateways];
    this.blocks = entries.some(([, gateway]) => gateway.blocks);
    this.#table = new PrefixTable(entries);
  }

  override respond(exchange: Exchange): void | Promise<void> {
    const { head: { target }, mountPath } = exchange;
    const match = this.#table.find(target, mountPath.length);
    if (match === undefined) return NOT_FOUND.respond(exchange);
    if (match.length > 0 && "path" in target) {
      exchange.mountPath = target.path.slice(0, mountPath.length + match.length);
    }
    return match.value.respond(exchange);
  }
}

class NotFoundGateway extends Gateway {
  override respond(exchange: Exchange): void | Promise<void> {
    const { head, content } = plainResponse(404);
    return exchange.respond(head, content);
  }
}

/** Responds 404 to a request that has no application. */
export const NOT_FOUND: Gateway = new NotFoundGateway();
