// Whoever answers exchanges. A connection hands one over and goes on when it has been answered; where
// and how the application runs is behind this.

import type { Exchange } from "./exchange.ts";

/** Answers exchanges. */
export interface Executor {
  /** Sees to it that the exchange is answered or aborted. Neither throws nor rejects.
   *
   * @returns nothing when that has happened at once, else a promise of it */
  execute(exchange: Exchange): void | Promise<void>;

  /** Gets ready to answer.
   *
   * @throws {ApplicationLoadError} when the application cannot be loaded */
  start(): Promise<void>;

  /** Has the application loaded afresh; what is under way is not disturbed.
   *
   * @throws {ApplicationLoadError} when it cannot be loaded; the old one goes on then
   * @throws {TypeError} when there is nothing to load */
  reload(): Promise<void>;

  /** Ends everything that `start` began.
   *
   * @param timeout milliseconds to wait for what is under way; 0 does not wait */
  stop(timeout: number): Promise<void>;

  /** Why answers cannot be relied on any more, if that is so. */
  readonly trouble: string | undefined;
}
