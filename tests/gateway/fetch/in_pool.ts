// Makes every site of the tests respond through a pool, so that each request and response passes the text
// form that workers are sent. preloaded_test.ts loads this before everything else.

import { gatewayFor } from "../../../src/application/application.ts";
import type { Exchange } from "../../../src/exchange/exchange.ts";
import { Gateway } from "../../../src/gateway/gateway.ts";
import type { FetchHandler } from "../../../src/gateway/fetch/fetch_handler.ts";
import { resolveOptions } from "../../../src/options/resolve_options.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { createWorkerPool, type WorkerPool } from "../../../src/pool/worker_pool.ts";
import { startLocalWorker } from "../../pool/local_worker.ts";
import { applicationWrapper, type WrappedApplication } from "../../support/site.ts";

applicationWrapper.wrap = (app, options) =>
  typeof app === "function" ? new PooledApplication(app, options) : undefined;

/** Hands every exchange to a pool of one worker. */
class PooledApplication extends Gateway implements WrappedApplication {
  readonly #pool: WorkerPool;
  readonly #started: Promise<void>;

  constructor(app: FetchHandler, { onError, onLog }: ServerOptions) {
    super();
    this.#pool = createWorkerPool({
      ...resolveOptions({ minWorkers: 1, maxWorkers: 1, serverName: "test" }, "module"),
      app: { kind: "value", app: gatewayFor(app, onError) },
      workerKind: "web",
      onLog: onLog ?? (() => {}),
    }, { startWorker: startLocalWorker });
    this.#started = this.#pool.start();
  }

  get app(): Gateway {
    return this;
  }

  override async respond(exchange: Exchange): Promise<void> {
    await this.#started;
    await this.#pool.execute(exchange);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started;
    await this.#pool.stop(0);
  }
}
