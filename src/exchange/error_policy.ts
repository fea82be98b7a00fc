// Decides how an error ends a response. An answerable error gets an error response: nothing was sent yet,
// and a client waits for it. An unanswerable one cuts the connection. The connection and the gateways act
// on the decision; nothing is sent or logged here.

import { ProtocolError } from "../http1/protocol_error.ts";
import { isDisconnect } from "../io/disconnect_error.ts";
import type { Outcome } from "./finished_response.ts";

/** How an error ends a response:
 *
 * - `reject`, answerable: the request is faulty. The response has the status of its `ProtocolError`.
 * - `fail`, answerable: the application failed. The response is a 500, and the error is logged.
 * - `cut`, unanswerable: a part of a response was given. It is cut short, and the error is logged.
 * - `leave`, unanswerable: the client left, and the error follows from it. It is cut without an error in
 *   the log. */
export type ErrorEnding = "reject" | "fail" | "cut" | "leave";

/** What the decision needs of an exchange. */
export interface ErrorScene {
  readonly contentFailure: ProtocolError | undefined;
  readonly responding: boolean;
  readonly signal: AbortSignal;
}

/** Decides for an error of an application. After a fault of the request's content, or after the client
 * left, any error counts as a consequence.
 *
 * @param exchange the exchange that it was thrown in */
export function endingOfApplicationError(exchange: ErrorScene): ErrorEnding {
  if (exchange.responding) return exchange.signal.aborted ? "leave" : "cut";
  if (exchange.contentFailure !== undefined) return "reject";
  return exchange.signal.aborted ? "leave" : "fail";
}

/** Decides for an error of a gateway. Gateways handle the errors of their applications, so it is the
 * gateway's own fault unless it is the very error that the exchange gave it.
 *
 * @param exchange the exchange that it was thrown in
 * @param error what was thrown */
export function endingOfGatewayError(exchange: ErrorScene, error: unknown): ErrorEnding {
  const { contentFailure, responding, signal } = exchange;
  if (responding && isDisconnect(error)) return "leave";
  if (!responding && contentFailure !== undefined && contentFailure === error) return "reject";
  if (signal.aborted && signal.reason === error) return "leave";
  return responding ? "cut" : "fail";
}

/** Decides for an error of a connection that has no exchange under way.
 *
 * @param error what was thrown */
export function endingOfConnectionError(error: unknown): Exclude<ErrorEnding, "fail"> {
  if (error instanceof ProtocolError) return "reject";
  return isDisconnect(error) ? "leave" : "cut";
}

/** The outcome of a response that rejects a request.
 *
 * @param fault what is wrong with the request */
export function outcomeOfRejection(fault: ProtocolError): Outcome {
  return fault.status === 408 ? "timed-out" : "refused";
}

/** Events by which gateways report that the response is not the application's. */
const OUTCOMES_OF_EVENTS: Readonly<Record<string, Outcome>> = {
  "handler-failed": "failed",
  "error-handler-failed": "failed",
  "gateway-failed": "failed",
  "interpreter-ended": "killed",
};

/** The outcome that follows from a report about an exchange without a response so far. Reports are what
 * the main thread learns of a failure in a worker, so that both modes tell outcomes in the same way.
 *
 * @param event name of the event
 * @param error what was reported with it
 * @returns undefined when it says nothing about the outcome */
export function outcomeOfReport(event: string, error: unknown): Outcome | undefined {
  if (Object.hasOwn(OUTCOMES_OF_EVENTS, event)) return OUTCOMES_OF_EVENTS[event];
  return error instanceof ProtocolError ? outcomeOfRejection(error) : undefined;
}
