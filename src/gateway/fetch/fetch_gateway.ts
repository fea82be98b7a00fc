// Fetch handlers: an exchange becomes a Request, and the Response that comes back becomes the answer.

import type { Exchange } from "../../exchange/exchange.ts";
import { ProtocolError } from "../../http1/protocol_error.ts";
import { endingOfApplicationError } from "../../exchange/error_policy.ts";
import {
  endWithError,
  type FailureEvents,
  rejectRequest,
  respondWithStatus,
} from "../error_responses.ts";
import type { FetchHandler } from "./fetch_handler.ts";
import { ExchangeInfo } from "./fetch_info.ts";
import { Gateway } from "../gateway.ts";
import { hasUrl } from "./request_url.ts";
import { unwrapResponse } from "./response_parts.ts";
import { createRequest } from "./lazy_request.ts";

/** Makes the answer to a request whose handler failed. */
export type ErrorHandler = (error: unknown) => Response | Promise<Response>;

const FAILURE: FailureEvents = {
  fail: ["handler-failed", "Handler failed"],
  cut: ["response-failed", "Response could not be sent"],
};

/** Serves a Fetch handler. */
export class FetchGateway extends Gateway {
  readonly #handler: FetchHandler;
  readonly #onError: ErrorHandler | undefined;

  /** Makes a gateway for one handler.
   *
   * @param handler answers requests
   * @param onError makes the answer when the handler fails; a plain 500 without it */
  constructor(handler: FetchHandler, onError?: ErrorHandler) {
    super();
    this.#handler = handler;
    this.#onError = onError;
  }

  /** Answers one exchange. */
  override respond(exchange: Exchange): void | Promise<void> {
    const refusal = statusForMethod(exchange.head.method);
    if (refusal !== undefined) return respondWithStatus(exchange, refusal);
    if (!hasUrl(exchange)) return rejectRequest(exchange, hostFitsNoUrl());
    let answer: Response | Promise<Response>;
    try {
      answer = this.#handler(createRequest(exchange), new ExchangeInfo(exchange));
      // A handler that answers at once saves everybody a turn of the event loop.
      if (answer instanceof Response) {
        return this.#send(exchange, answer)?.catch((error) => this.#recover(exchange, error));
      }
    } catch (error) {
      return this.#recover(exchange, error);
    }
    return this.#await(exchange, answer);
  }

  async #await(exchange: Exchange, answer: Promise<Response>): Promise<void> {
    try {
      await this.#send(exchange, await answer);
    } catch (error) {
      await this.#recover(exchange, error);
    }
  }

  /** The handler failed, or gave something that cannot be sent. */
  async #recover(exchange: Exchange, error: unknown): Promise<void> {
    const ending = endingOfApplicationError(exchange);
    if (ending !== "fail" || this.#onError === undefined) {
      return endWithError(exchange, ending, error, FAILURE);
    }
    exchange.report("error", ...FAILURE.fail, error);
    try {
      await this.#send(exchange, await this.#onError(error));
    } catch (error) {
      exchange.report("error", "error-handler-failed", "Handler of errors failed", error);
      if (exchange.responding) exchange.abort(error);
      else return respondWithStatus(exchange, 500);
    }
  }

  #send(exchange: Exchange, response: Response): void | Promise<void> {
    if (!(response instanceof Response)) {
      throw new TypeError(`Cannot send answer: expected a Response, got ${typeof response}`);
    }
    const { status } = response;
    if (status < 200) {
      throw new TypeError(`Cannot send Response: expected status 200 to 599, got ${status}`);
    }
    const { fields, content } = unwrapResponse(response);
    const head = { status, statusText: response.statusText, fields };
    if (content instanceof ReadableStream) return stream(exchange, head, content);
    return exchange.respond(head, content);
  }
}

/** Passes a stream on piece by piece, as fast as the client takes it. */
async function stream(
  exchange: Exchange,
  head: Parameters<Exchange["begin"]>[0],
  content: ReadableStream<Uint8Array>,
): Promise<void> {
  const reader = content.getReader(); // throws when it is somebody else's; nothing has been sent then
  // Nobody waits for a source to let go: it may take as long as it likes.
  const cancel = (reason?: unknown) => void reader.cancel(reason).catch(() => {});
  let wanted: boolean;
  try {
    wanted = exchange.begin(head);
  } catch (error) {
    cancel(error);
    throw error;
  }
  if (!wanted) {
    cancel();
    return exchange.end();
  }
  const { signal } = exchange;
  const stop = () => cancel(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!(value instanceof Uint8Array)) {
        throw new TypeError("Cannot send content: the stream gave something other than Uint8Array");
      }
      const sending = exchange.write(value);
      if (sending !== undefined) await sending;
      if (exchange.ended) return cancel();
    }
  } catch (error) {
    if (!signal.aborted) {
      exchange.report("error", "response-stream-failed", "Response stream failed", error);
    }
    exchange.abort(error);
    cancel(error);
    return;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (signal.aborted) exchange.abort(signal.reason);
  else exchange.end();
}

/** Methods that a Request would refuse, or spell differently than the client did (Fetch §4.6). */
function statusForMethod(method: string): number | undefined {
  switch (method) {
    case "GET":
    case "POST":
    case "HEAD":
    case "PUT":
    case "DELETE":
    case "OPTIONS":
    case "PATCH":
      return undefined;
    case "CONNECT":
    case "TRACE":
      return 405;
  }
  return /^(get|head|post|put|delete|options|connect|trace|track)$/i.test(method) ? 501 : undefined;
}

function hostFitsNoUrl(): ProtocolError {
  const message = "Cannot make Request: its host fits into no URL";
  return new ProtocolError("malformed-host", 400, "RFC 9110 §4.2.1", message);
}
