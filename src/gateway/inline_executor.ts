// Runs the application beside the connections, in their thread. Nothing contains it there: a handler
// that computes stops everybody. What it throws is contained all the same.

import type { Exchange } from "../exchange/exchange.ts";
import { respondWithError, respondWithStatus } from "./error_responses.ts";
import { Gateway } from "./gateway.ts";
import { isDisconnect } from "../io/disconnect_error.ts";
import type { Executor } from "../exchange/executor.ts";

/** Answers exchanges through a gateway in this thread. */
export class InlineExecutor implements Executor {
  readonly trouble = undefined;
  readonly #load: () => Promise<Gateway>;
  #gateway: Gateway;

  /** @param gateway what speaks to the application, or what loads it */
  constructor(gateway: Gateway | (() => Promise<Gateway>)) {
    if (typeof gateway === "function") {
      this.#load = gateway;
      this.#gateway = NOT_LOADED;
    } else {
      this.#load = () => Promise.resolve(gateway);
      this.#gateway = gateway;
    }
  }

  async start(): Promise<void> {
    this.#gateway = await this.#load();
  }

  reload(): Promise<void> {
    return Promise.reject(
      new TypeError("Cannot reload: a module is loaded once in a thread; use mode pool"),
    );
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Has the gateway answer. */
  execute(exchange: Exchange): void | Promise<void> {
    exchange.startHandlerTime();
    try {
      const responding = this.#gateway.respond(exchange);
      if (responding === undefined) return finish(exchange);
      return responding.then(() => finish(exchange), (error) => fail(exchange, error));
    } catch (error) {
      fail(exchange, error);
    }
  }
}

class NotLoaded extends Gateway {
  override respond(): void {
    throw new TypeError("Cannot answer: the application is not loaded yet");
  }
}
const NOT_LOADED = new NotLoaded();

function finish(exchange: Exchange): void {
  if (exchange.ended) return;
  const fault = exchange.responding ? "did not end its answer" : "gave nothing";
  fail(exchange, new TypeError(`Cannot answer: the gateway ${fault}`));
}

/** A gateway answers for its application, so what arrives here is the gateway's own fault, unless it let
 * an error of the exchange through. */
function fail(exchange: Exchange, error: unknown): void {
  if (exchange.responding && isDisconnect(error)) return exchange.abort(error); // nobody's fault
  const { contentFailure } = exchange;
  if (contentFailure !== undefined && contentFailure === error && !exchange.responding) {
    return respondWithError(exchange, contentFailure);
  }
  if (exchange.signal.aborted && exchange.signal.reason === error) return exchange.abort(error);
  exchange.report("error", "gateway-failed", "Gateway failed", error);
  if (exchange.responding) exchange.abort(error);
  else respondWithStatus(exchange, 500);
}
