// What does a client get when its application failed, or when its own fault showed only while it was
// served? Short answers that tell nothing of the inside; what happened goes into the log.

import type { Exchange } from "../exchange/exchange.ts";
import { plainResponse } from "../http1/plain_response.ts";
import type { ProtocolError } from "../http1/protocol_error.ts";

/** Answers a request whose fault only showed while it was served.
 *
 * @param exchange the request
 * @param error what was wrong with it */
export function respondWithError(exchange: Exchange, error: ProtocolError): void {
  exchange.report("warn", "request-refused", error.message, error);
  respondWithStatus(exchange, error.status);
}

/** Gives the server's own answer for a status.
 *
 * @param exchange the request
 * @param status a final status */
export function respondWithStatus(exchange: Exchange, status: number): void {
  const { head, content } = plainResponse(status);
  exchange.respond(head, content);
}
