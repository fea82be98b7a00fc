// Serves Fetch handlers: makes a Request of each exchange, and sends the Response that the handler returns.

import { isPlatformResponse, isResponse } from "./platform.ts";
import { caught, DOMException, then } from "../../io/platform.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { ProtocolError } from "../../http1/protocol_error.ts";
import { endingOfApplicationError } from "../../exchange/error_policy.ts";
import {
  endWithError,
  type FailureEvents,
  rejectRequest,
  respondWithStatus,
} from "../error_responses.ts";
import type { RequestHead } from "../../http1/request_head.ts";
import type { ResponseHead } from "../../http1/response_head.ts";
import type { FetchHandler } from "./fetch_handler.ts";
import { ExchangeInfo } from "./fetch_info.ts";
import { Gateway } from "../gateway.ts";
import { hasUrl } from "./request_url.ts";
import { forgiven } from "./forgiven_rejections.ts";
import { upgradeOf } from "./upgrade.ts";
import { unwrapResponse } from "./response_parts.ts";
import { createRequest } from "./lazy_request.ts";

/** Microtasks in which a source asks for content that was told to give its first piece. */
const TURNS_TO_ASK = 16;

/** Makes the response to a request whose handler failed. */
export type ErrorHandler = (error: unknown) => Response | Promise<Response>;

const FAILURE: FailureEvents = {
  fail: ["handler-failed", "Handler failed"],
  cut: ["response-failed", "Response could not be sent"],
};

/** Serves a Fetch handler (Fetch standard, https://fetch.spec.whatwg.org/).
 *
 * @example Usage
 * ```ts
 * import { FetchGateway, serve } from "../../../mod.ts";
 *
 * const gateway = new FetchGateway(
 *   (request) => new Response(`You asked for ${new URL(request.url).pathname}`),
 *   () => new Response("Sorry", { status: 500 }),
 * );
 * await using server = serve(gateway, { port: 0 });
 * ``` */
export class FetchGateway extends Gateway {
  readonly #handler: FetchHandler;
  readonly #onError: ErrorHandler | undefined;

  /** Makes a gateway for one handler.
   *
   * @param handler responds to requests
   * @param onError makes the response when the handler fails; a plain 500 without it */
  constructor(
    handler: FetchHandler,
    onError?: (error: unknown) => Response | Promise<Response>,
  ) {
    super();
    this.#handler = handler;
    this.#onError = onError;
  }

  /** Responds to one exchange.
   *
   * @param exchange the request, and where the response goes
   * @returns nothing when the response has been given, else a promise of that */
  override respond(exchange: Exchange): void | Promise<void> {
    const rejection = statusForMethod(exchange.head);
    if (rejection !== undefined) return respondWithStatus(exchange, rejection);
    if (!hasUrl(exchange)) return rejectRequest(exchange, hostFitsNoUrl());
    let response: Response | Promise<Response>;
    try {
      const handler = this.#handler; // called without `this`, as by Deno.serve
      response = handler(createRequest(exchange), new ExchangeInfo(exchange));
      // A handler that returns no promise saves a turn of the event loop.
      if (isPlatformResponse(response)) {
        const sending = this.#send(exchange, response);
        return sending && then(sending, () => {}, (error) => this.#recover(exchange, error));
      }
    } catch (error) {
      return this.#recover(exchange, error);
    }
    return this.#await(exchange, response);
  }

  async #await(exchange: Exchange, response: Promise<Response>): Promise<void> {
    try {
      await this.#send(exchange, await response);
    } catch (error) {
      await this.#recover(exchange, error);
    }
  }

  /** Responds for a handler that failed or returned something that cannot be sent. */
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
    if (!isResponse(response)) {
      const hint = this.#handler.length === 2 && response === undefined
        ? '; a handler (req, res) of node:http is exported as { node: handler }, or served with gateway "node"'
        : "";
      throw new TypeError(
        `Cannot send response: expected a Response, got ${typeof response}${hint}`,
      );
    }
    const { status } = response;
    if (status < 200 || (status < 300 && exchange.head.method === "CONNECT")) {
      const upgrade = upgradeOf(exchange, response);
      if (upgrade !== undefined) return upgrade.start(exchange);
      // To the client a 2xx would be a tunnel (RFC 9110 §9.3.6), and the handler has made none.
      if (exchange.head.method === "CONNECT") return respondWithStatus(exchange, 405);
      const hint = status === 101 ? "; upgradeWebSocket of Robusto or info.upgrade() makes it" : "";
      throw new TypeError(`Cannot send Response: expected status 200 to 599, got ${status}${hint}`);
    }
    const { fields, content } = unwrapResponse(response);
    const head = { status, statusText: response.statusText, fields };
    if (content === null || typeof content === "string" || content instanceof Uint8Array) {
      return exchange.respond(head, content);
    }
    return stream(exchange, head, content);
  }
}

/** Sends a stream piece by piece, as fast as the client takes it. */
async function stream(
  exchange: Exchange,
  head: ResponseHead,
  content: ReadableStream<Uint8Array>,
): Promise<void> {
  if (content.locked) throw new TypeError("Cannot send Response: its body is locked");
  const reader = content.getReader();
  // The cancellation is not awaited: a source may take any time for it.
  const cancel = (reason?: unknown) => void cancelQuietly(reader, reason);
  let first = mayWaitForContinue(exchange) ? reader.read() : undefined;
  if (first !== undefined) {
    caught(first, () => {}); // it is read again below
    for (let turn = 0; turn < TURNS_TO_ASK; turn++) await undefined;
  }
  let wanted: boolean;
  try {
    wanted = exchange.begin(withLength(head, exchange.content?.lengthBehind(content)));
  } catch (error) {
    cancel(error);
    throw error;
  }
  if (!wanted) {
    cancel(forgiven(new DOMException("The response has no content", "AbortError"), exchange));
    return exchange.end();
  }
  const client: { hasLeft: boolean; reason?: unknown } = { hasLeft: false };
  let sending = false;
  exchange.onDisconnect((reason) => {
    client.hasLeft = true;
    client.reason = reason;
    if (sending) cancel(forgiven(reason, exchange));
  });
  // A client that ended its side before the response began may still wait for it.
  const endedBefore = client.hasLeft;
  sending = true;
  try {
    while (true) {
      const { done, value } = await (first ?? reader.read());
      first = undefined;
      if (done) break;
      if (!(value instanceof Uint8Array)) {
        throw new TypeError("Cannot send content: the stream gave something other than Uint8Array");
      }
      const room = exchange.write(value);
      if (room !== undefined) await room;
      if (exchange.ended) {
        return cancel(
          forgiven(new DOMException("The content is complete", "AbortError"), exchange),
        );
      }
    }
  } catch (error) {
    sending = false; // the abort below is the application's own
    if (!client.hasLeft) {
      exchange.report("error", "response-stream-failed", "Response stream failed", error);
    }
    const reason = client.hasLeft ? forgiven(error, exchange) : error;
    exchange.abort(error);
    cancel(reason);
    return;
  } finally {
    sending = false;
  }
  if (client.hasLeft && !endedBefore) exchange.abort(client.reason);
  else exchange.end();
}

/** Adds the length that content is known to have, unless the application declares one. */
function withLength(head: ResponseHead, length: number | undefined): ResponseHead {
  if (length === undefined) return head;
  const fields = [...head.fields];
  if (fields.some(([name]) => /^content-length$/i.test(name))) return head;
  return { ...head, fields: [...fields, ["Content-Length", `${length}`]] };
}

/** Whether the client may wait for 100 (Continue). A source that gives the request's content back has it sent,
 * and it must come before the head: some clients send nothing after a final one. */
function mayWaitForContinue({ content, head: { fields } }: Exchange): boolean {
  return content !== undefined && fields.get("expect") !== undefined;
}

async function cancelQuietly(reader: ReadableStreamDefaultReader, reason: unknown): Promise<void> {
  try {
    await reader.cancel(reason);
  } catch {
    // the source does not let go; the response is over all the same
  }
}

/** The status for a method that a Request would refuse, or spell differently than the client did
 * (Fetch §2.2.1); undefined for other methods. */
function statusForMethod({ method, target }: RequestHead): number | undefined {
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
      return target.form === "authority" ? undefined : 405;
    case "TRACE":
      return 405;
  }
  return /^(get|head|post|put|delete|options|connect|trace|track)$/i.test(method) ? 501 : undefined;
}

function hostFitsNoUrl(): ProtocolError {
  const message = "Cannot make Request: its host fits into no URL";
  return new ProtocolError("malformed-host", 400, "RFC 9110 §4.2.1", message);
}
