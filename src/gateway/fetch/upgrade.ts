// Responses that change the protocol of their connection. The platform makes no Response with status 101,
// so one is made here, and what happens when a handler returns it is kept beside it.

import { Response } from "./platform.ts";
import type { Exchange } from "../../exchange/exchange.ts";

/** What happens when a handler returns the response. */
export interface Upgrade {
  /** Sends the 101 and runs the new protocol.
   *
   * @returns a promise that resolves when both sides of the connection have ended */
  start(exchange: Exchange): Promise<void>;
}

const upgrades = new WeakMap<Response, Upgrade>();

/** Makes a response with status 101.
 *
 * @param headers its fields, as an application sees them
 * @param upgrade what happens when a handler returns it */
export function upgradeResponse(
  headers: Iterable<readonly [string, string]>,
  upgrade: Upgrade,
): Response {
  const response = new Response(null, { headers: [...headers] as [string, string][] });
  Object.defineProperties(response, {
    status: { value: 101 },
    statusText: { value: "Switching Protocols" },
    ok: { value: false },
  });
  upgrades.set(response, upgrade);
  return response;
}

/** What happens for a response that {@linkcode upgradeResponse} made; undefined for others. */
export function upgradeOf(response: Response): Upgrade | undefined {
  return upgrades.get(response);
}
