// Whoever answers exchanges. A connection hands one over and goes on when it has been answered; where
// and how the application runs is behind this.

import type { Exchange } from "../exchange.ts";

/** Answers exchanges. */
export interface Executor {
  /** Sees to it that the exchange is answered or aborted. Neither throws nor rejects.
   *
   * @returns nothing when that has happened at once, else a promise of it */
  execute(exchange: Exchange): void | Promise<void>;
}
