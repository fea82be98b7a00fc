// The facts of a finished response that the access log can show, by their names in formats. They are
// computed when a format reads them.

import type { FinishedResponse, Outcome } from "../exchange/finished_response.ts";
import { type TraceIds, traceIdsOf } from "../exchange/trace_ids.ts";
import type { Address } from "../io/address.ts";

/** A response for the access log. Its members are the fields of formats. */
export interface AccessRecord {
  /** When the first octet of the request was seen: RFC 3339, UTC, with milliseconds. */
  readonly time: string;
  /** Identifies the request, as in the error log. */
  readonly requestId: string;
  /** IP address of the client; `unix` for a UNIX socket. */
  readonly remoteAddr: string;
  /** Method; undefined when none could be found. */
  readonly method: string | undefined;
  /** Request target as sent, shortened if its head could not be parsed; undefined when none could be found. */
  readonly target: string | undefined;
  /** Version as sent, such as `HTTP/1.1`; undefined when none could be found. */
  readonly protocol: string | undefined;
  /** Status of the response; undefined when it was cut before it had one. */
  readonly status: number | undefined;
  /** Octets of request content that were received. */
  readonly bytesIn: number;
  /** Octets of response content that were sent. */
  readonly bytesOut: number;
  /** Milliseconds from the first octet of the request to the last one of the response. */
  readonly duration: number;
  /** Milliseconds that the request waited for a worker. */
  readonly queueTime: number;
  /** Milliseconds that the application took to the head of its response. */
  readonly handlerTime: number;
  /** The worker that had the request; undefined when none had. */
  readonly workerId: number | undefined;
  /** The field Referer. */
  readonly referer: string | undefined;
  /** The field User-Agent. */
  readonly userAgent: string | undefined;
  /** Host and port that the request was for; undefined when it named none. */
  readonly host: string | undefined;
  /** Version of TLS, `TLS` where it is not known; undefined without TLS. */
  readonly tls: string | undefined;
  /** The trace that the request belongs to; undefined without one. */
  readonly traceId: string | undefined;
  /** The request's span in it; without OpenTelemetry the span that its client has sent. */
  readonly spanId: string | undefined;
  /** How the response ended. */
  readonly outcome: Outcome;
}

/** A field of formats. */
export type AccessField = keyof AccessRecord;

/** All fields, in the order of the format `json`. */
export const ACCESS_FIELDS: readonly AccessField[] = [
  "time",
  "requestId",
  "remoteAddr",
  "method",
  "target",
  "protocol",
  "status",
  "bytesIn",
  "bytesOut",
  "duration",
  "queueTime",
  "handlerTime",
  "workerId",
  "referer",
  "userAgent",
  "host",
  "tls",
  "traceId",
  "spanId",
  "outcome",
];

/** The record of a response that has just finished. */
export class FinishedRecord implements AccessRecord {
  readonly #response: FinishedResponse;
  readonly #end: number;
  readonly #workerId: number | undefined;
  /** Null until they are asked for. */
  #traceIds: TraceIds | undefined | null = null;

  /** @param response the response
   * @param end when it finished, in milliseconds since 1970
   * @param workerId the worker, where the response does not know it */
  constructor(response: FinishedResponse, end: number, workerId?: number) {
    this.#response = response;
    this.#end = end;
    this.#workerId = workerId;
  }

  get time(): string {
    return timeText(Math.floor(this.#end - this.#response.duration));
  }

  get requestId(): string {
    return this.#response.request.requestId;
  }

  get remoteAddr(): string {
    return addressText(this.#response.request.remoteAddr);
  }

  get method(): string | undefined {
    const { head, line } = this.#response.request;
    return head?.method ?? line?.method;
  }

  get target(): string | undefined {
    const { head, line } = this.#response.request;
    return head?.target.raw ?? line?.target;
  }

  get protocol(): string | undefined {
    const { head, line } = this.#response.request;
    return head?.protocol ?? line?.protocol;
  }

  get status(): number | undefined {
    return this.#response.status;
  }

  get bytesIn(): number {
    return this.#response.contentIn;
  }

  get bytesOut(): number {
    return this.#response.contentOut;
  }

  get duration(): number {
    return rounded(this.#response.duration);
  }

  get queueTime(): number {
    return rounded(this.#response.queueTime);
  }

  get handlerTime(): number {
    return rounded(this.#response.handlerTime);
  }

  get workerId(): number | undefined {
    return this.#response.workerId ?? this.#workerId;
  }

  get referer(): string | undefined {
    return this.#response.request.head?.fields.get("referer");
  }

  get userAgent(): string | undefined {
    return this.#response.request.head?.fields.get("user-agent");
  }

  get host(): string | undefined {
    return this.#response.request.head?.authority || undefined;
  }

  get tls(): string | undefined {
    const { tls } = this.#response.request;
    return tls && (tls.protocol ?? "TLS");
  }

  get traceId(): string | undefined {
    return this.#trace?.traceId;
  }

  get spanId(): string | undefined {
    return this.#trace?.spanId;
  }

  get #trace(): TraceIds | undefined {
    if (this.#traceIds === null) this.#traceIds = traceIdsOf(this.#response.request);
    return this.#traceIds;
  }

  get outcome(): Outcome {
    return this.#response.outcome;
  }
}

/** Makes an object with all members of a record, which does not depend on the response any more. */
export function snapshot(record: AccessRecord): AccessRecord {
  const copy: Partial<Record<AccessField, unknown>> = {};
  for (const field of ACCESS_FIELDS) copy[field] = record[field];
  return copy as AccessRecord;
}

function addressText(address: Address): string {
  return "hostname" in address ? address.hostname : address.transport;
}

/** The clock's digits past microseconds mean nothing. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}

let lastTime = NaN;
let lastText = "";
let lastSecond = NaN;
let lastSecondText = "";

/** RFC 3339 with milliseconds. Many requests begin in the same millisecond as the one before, and most in the
 * same second. */
function timeText(time: number): string {
  if (time === lastTime) return lastText;
  const second = Math.floor(time / 1_000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastSecondText = new Date(second * 1_000).toISOString().slice(0, -4);
  }
  lastTime = time;
  return lastText = `${lastSecondText}${String(time - second * 1_000 + 1_000).slice(1)}Z`;
}
