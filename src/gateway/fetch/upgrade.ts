// Responses that change the protocol of their connection. The platform makes no Response with status 101,
// so one is made here, and what happens when a handler returns it is kept beside it.

import { Response } from "./platform.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { upgradeStatus } from "../../exchange/upgrade.ts";

/** What happens when a handler returns the response. */
export interface Upgrade {
  /** Sends the 101 and runs the new protocol.
   *
   * @returns a promise that resolves when both sides of the connection have ended */
  start(exchange: Exchange): Promise<void>;
}

const upgrades = new WeakMap<Response, Upgrade>();
/** The upgrades of exchanges that have no response yet. */
const prepared = new WeakMap<Exchange, Upgrade>();

/** Makes a response with status 101, or 200 for CONNECT.
 *
 * @param exchange the exchange that it responds to
 * @param headers its fields, as an application sees them
 * @param upgrade what happens when a handler returns it */
export function upgradeResponse(
  exchange: Exchange,
  headers: Iterable<readonly [string, string]>,
  upgrade: Upgrade,
): Response {
  const response = new Response(null, { headers: [...headers] as [string, string][] });
  if (upgradeStatus(exchange.head) === 101) {
    Object.defineProperties(response, {
      status: { value: 101 },
      statusText: { value: "Switching Protocols" },
      ok: { value: false },
    });
  }
  upgrades.set(response, upgrade);
  prepared.set(exchange, upgrade);
  return response;
}

/** What happens for a response that changes the protocol. Frameworks such as Elysia copy the responses of their
 * routes, and a copy stands for the response that was made for the same exchange.
 *
 * @returns undefined when no upgrade was prepared */
export function upgradeOf(exchange: Exchange, response: Response): Upgrade | undefined {
  const upgrade = upgrades.get(response) ?? prepared.get(exchange);
  prepared.delete(exchange);
  return upgrade;
}
