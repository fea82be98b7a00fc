// Between an HTTP exchange and an application's convention.

import type { Exchange } from "../exchange/exchange.ts";

/** Speaks to one kind of application: turns an exchange into its convention and its answer back.
 *
 * Extend it to serve a convention of your own. One instance serves many exchanges at a time. */
export abstract class Gateway {
  /** Whether answering blocks the thread, as {@linkcode Exchange.blocking} does. A worker is then given
   * one exchange at a time, unless `exchangesPerWorker` says otherwise: the next one would wait behind it
   * while another worker is free. */
  declare readonly blocks?: boolean;

  /** Answers one exchange: by `respond`, by `begin`, `write` and `end`, or by `abort`.
   *
   * @param exchange the request, and where the answer goes
   * @returns nothing when the answer has been given, else a promise of that */
  abstract respond(exchange: Exchange): void | Promise<void>;
}
