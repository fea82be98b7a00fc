// Has every site of the tests answer through a pool: what a request and an answer are made of goes over
// its wire and back. Loaded before everything else by preloaded_test.ts.

import { gatewayFor } from "../../../src/application/application.ts";
import type { Exchange } from "../../../src/exchange/exchange.ts";
import { Gateway } from "../../../src/gateway/gateway.ts";
import type { FetchHandler } from "../../../src/gateway/fetch/fetch_handler.ts";
import type { ServerOptions } from "../../../src/options/server_options.ts";
import { WorkerPool } from "../../../src/pool/worker_pool.ts";
import { startLocalWorker } from "../../pool/local_worker.ts";
import { type Detour, detours } from "../../support/site.ts";

detours.make = (app, options) =>
  typeof app === "function" ? new PoolDetour(app, options) : undefined;

/** Hands every exchange to a pool of one worker. */
class PoolDetour extends Gateway implements Detour {
  readonly #pool: WorkerPool;
  readonly #started: Promise<void>;

  constructor(app: FetchHandler, { onError }: ServerOptions) {
    super();
    this.#pool = new WorkerPool({
      app: { kind: "value", app: gatewayFor(app, onError) },
      workerKind: "web",
      minWorkers: 1,
      maxWorkers: 1,
      exchangesPerWorker: 64,
      exchangesPerBlockingWorker: 1,
      queueSize: 1024,
      queueTimeout: 10_000,
      handlerTimeout: Infinity,
      responseTimeout: Infinity,
      workerIdleTimeout: Infinity,
      maxExchangesPerWorker: Infinity,
      maxWorkerAge: Infinity,
      maxWorkerHeap: Infinity,
      maxAbandonedWorkers: 2,
      serverName: "test",
      protocol: "HTTP/1.1",
      onLog() {},
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
