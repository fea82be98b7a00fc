// Runs exchanges. A connection hands one over and continues when its response has been given or aborted.
// Implementations decide where and how the application runs.

import type { Exchange } from "./exchange.ts";

/** Runs exchanges. */
export interface Executor {
  /** Has the application respond to an exchange, or ends it in the application's place. Neither throws nor
   * rejects.
   *
   * @returns undefined when the response has been given or aborted at once, else a promise of that */
  execute(exchange: Exchange): void | Promise<void>;

  /** Gets ready to run exchanges.
   *
   * @throws {ApplicationLoadError} when the application cannot be loaded */
  start(): Promise<void>;

  /** Has the application loaded afresh, without disturbing the exchanges under way.
   *
   * @throws {ApplicationLoadError} when it cannot be loaded; the old application keeps running then
   * @throws {TypeError} when there is nothing to load */
  reload(): Promise<void>;

  /** Ends everything that `start` began.
   *
   * @param timeout milliseconds to wait for exchanges under way; 0 does not wait */
  stop(timeout: number): Promise<void>;

  /** Why the executor is not reliable any more; undefined while it is. */
  readonly trouble: string | undefined;
}
