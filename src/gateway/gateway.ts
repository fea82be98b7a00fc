// The interface between an HTTP exchange and a convention of applications.

import type { Exchange } from "../exchange/exchange.ts";

/** Connects exchanges to applications of one convention: it calls the application in that convention and
 * turns what it returns into the response.
 *
 * Extend it to serve another convention. One instance serves many exchanges at a time.
 *
 * @example Usage
 * ```ts
 * import { type Exchange, Gateway } from "./mod.ts";
 * import { serve } from "../../mod.ts";
 *
 * class TeapotGateway extends Gateway {
 *   override respond(exchange: Exchange): void | Promise<void> {
 *     return exchange.respond({ status: 418, fields: [] }, "short and stout");
 *   }
 * }
 * await using server = serve(new TeapotGateway(), { port: 0 });
 * console.log(await (await fetch(`http://${server.bindAddr}/`)).text()); // short and stout
 * ``` */
export abstract class Gateway {
  /** Whether `respond` blocks the thread, as {@linkcode Exchange.blocking} does. A worker then gets one
   * exchange at a time, unless `exchangesPerWorker` says otherwise: the next one would wait behind it
   * while another worker is free. */
  declare readonly blocks?: boolean;

  /** Responds to one exchange: by its `respond`, by `begin`, `write` and `end`, or by `abort`.
   *
   * @param exchange the request, and where the response goes
   * @returns nothing when the response has been given, else a promise of that */
  abstract respond(exchange: Exchange): void | Promise<void>;
}
