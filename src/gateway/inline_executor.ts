// Runs an application in the thread of the connections. What the application throws is contained; a
// handler that computes holds up every connection.

import { Promise } from "../io/platform.ts";
import { endingOfGatewayError } from "../exchange/error_policy.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Executor } from "../exchange/executor.ts";
import { endWithError, type FailureEvents } from "./error_responses.ts";
import { Gateway } from "./gateway.ts";

/** Runs exchanges through a gateway in this thread. */
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

  /** Has the gateway respond. */
  execute(exchange: Exchange): void | Promise<void> {
    exchange.startHandlerTime();
    try {
      const responding = this.#gateway.respond(exchange);
      if (responding === undefined) return finish(exchange);
      return finishLater(exchange, responding);
    } catch (error) {
      fail(exchange, error);
    }
  }
}

class NotLoaded extends Gateway {
  override respond(): void {
    throw new TypeError("Cannot respond: the application is not loaded yet");
  }
}
const NOT_LOADED = new NotLoaded();

const FAILURE: FailureEvents = {
  fail: ["gateway-failed", "Gateway failed"],
  cut: ["gateway-failed", "Gateway failed"],
};

function finish(exchange: Exchange): void {
  if (exchange.ended) {
    const { content } = exchange;
    if (content?.inUse) exchange.holdContent(() => content.untilLeft());
    return;
  }
  const fault = exchange.responding ? "did not end its response" : "gave nothing";
  fail(exchange, new TypeError(`Cannot respond: the gateway ${fault}`));
}

async function finishLater(exchange: Exchange, responding: Promise<void>): Promise<void> {
  try {
    await responding;
  } catch (error) {
    return fail(exchange, error);
  }
  finish(exchange);
}

function fail(exchange: Exchange, error: unknown): void {
  endWithError(exchange, endingOfGatewayError(exchange, error), error, FAILURE);
}
