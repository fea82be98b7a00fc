// Sends each request on to the gateway under whose prefix its path lies.

import type { Exchange } from "../../exchange/exchange.ts";
import { plainResponse } from "../../http1/plain_response.ts";
import { Gateway } from "../gateway.ts";
import { PrefixTable } from "./prefix_table.ts";

/** Chooses among gateways by the path. */
export class PathGateway extends Gateway {
  /** Nobody knows beforehand where a request goes. */
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
    const place = this.#table.find(target, mountPath.length);
    if (place === undefined) return NOT_FOUND.respond(exchange);
    if (place.length > 0 && "path" in target) {
      exchange.mountPath = target.path.slice(0, mountPath.length + place.length);
    }
    return place.value.respond(exchange);
  }
}

class NotFoundGateway extends Gateway {
  override respond(exchange: Exchange): void | Promise<void> {
    const { head, content } = plainResponse(404);
    return exchange.respond(head, content);
  }
}

/** Answers what no application is there for. */
export const NOT_FOUND: Gateway = new NotFoundGateway();
