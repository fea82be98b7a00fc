// Error responses in the server's own name, for the gateways. They tell the client nothing of the inside;
// what happened goes into the log.

import type { ErrorEnding } from "../exchange/error_policy.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { plainResponse } from "../http1/plain_response.ts";
import type { ProtocolError } from "../http1/protocol_error.ts";

/** An event of the log: its name, and its message. */
type Event = readonly [name: string, message: string];

/** What a gateway reports when its application fails. */
export interface FailureEvents {
  /** Before a response has begun. */
  readonly fail: Event;
  /** Within a response. */
  readonly cut: Event;
}

/** The part of an exchange that ends it with an error. */
export type EndableExchange = Pick<Exchange, "contentFailure" | "report" | "respond" | "abort">;

/** Ends an exchange as the error policy decided.
 *
 * @param exchange the exchange that the error was thrown in
 * @param ending what was decided
 * @param error what was thrown
 * @param events what is reported */
export function endWithError(
  exchange: EndableExchange,
  ending: ErrorEnding,
  error: unknown,
  events: FailureEvents,
): void {
  switch (ending) {
    case "reject":
      return rejectRequest(exchange, exchange.contentFailure!);
    case "fail":
      exchange.report("error", ...events.fail, error);
      return respondWithStatus(exchange, 500);
    case "cut":
      exchange.report("error", ...events.cut, error);
      return exchange.abort(error);
    case "leave":
      return exchange.abort(error);
    default:
      return ending satisfies never;
  }
}

/** Responds to a request whose fault only showed while it was served.
 *
 * @param exchange the request
 * @param fault what is wrong with it */
export function rejectRequest(exchange: EndableExchange, fault: ProtocolError): void {
  exchange.report("warn", "request-refused", fault.message, fault);
  respondWithStatus(exchange, fault.status);
}

/** Gives the server's own response for a status.
 *
 * @param exchange the request
 * @param status a final status */
export function respondWithStatus(exchange: Pick<Exchange, "respond">, status: number): void {
  const { head, content } = plainResponse(status);
  exchange.respond(head, content);
}
