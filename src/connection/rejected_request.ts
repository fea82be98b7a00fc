// A request that the connection rejects before an application sees it, and the record of its response.

import type { ConnectionExchange } from "./connection_exchange.ts";
import { nextRequestNumber, requestIdOf } from "./request_id.ts";
import type { Endpoints } from "./connection_context.ts";
import { outcomeOfRejection } from "../exchange/error_policy.ts";
import type {
  FinishedRequest,
  FinishedResponse,
  RequestLineParts,
} from "../exchange/finished_response.ts";
import type { ProtocolError } from "../http1/protocol_error.ts";
import type { UnsentResponse } from "./unsent_responses.ts";

/** A request whose head could not be parsed. */
export class HeadlessRequest implements FinishedRequest {
  readonly head = undefined;
  readonly line: RequestLineParts;
  readonly #endpoints: Endpoints;
  readonly #number = nextRequestNumber();

  constructor(endpoints: Endpoints, line: RequestLineParts) {
    this.#endpoints = endpoints;
    this.line = line;
  }

  get requestId() {
    return requestIdOf(this.#number);
  }

  get remoteAddr() {
    return this.#endpoints.remoteAddr;
  }

  get localAddr() {
    return this.#endpoints.localAddr;
  }

  get scheme() {
    return this.#endpoints.scheme;
  }

  get tls() {
    return this.#endpoints.tls;
  }
}

/** The response to a request that the connection rejects. */
export class Rejection implements UnsentResponse {
  responseEnd = 0;
  readonly #request: FinishedRequest;
  readonly #fault: ProtocolError;
  readonly #start: number;
  readonly #contentOut: number;

  /** @param request its exchange where the head could be parsed
   * @param fault what is wrong with it
   * @param start when its first octet was seen
   * @param contentOut octets of content in the response */
  constructor(
    request: ConnectionExchange | HeadlessRequest,
    fault: ProtocolError,
    start: number,
    contentOut: number,
  ) {
    this.#request = request;
    this.#fault = fault;
    this.#start = start;
    this.#contentOut = contentOut;
  }

  record(now: number): FinishedResponse {
    return {
      request: this.#request,
      status: this.#fault.status,
      contentIn: 0,
      contentOut: this.#contentOut,
      start: this.#start,
      duration: now - this.#start,
      queueTime: 0,
      handlerTime: 0,
      workerId: undefined,
      outcome: outcomeOfRejection(this.#fault),
      cut: false,
      fault: this.#fault,
    };
  }
}
