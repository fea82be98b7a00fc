// How an error ends a response: the table of what is answerable, and the outcomes that follow.

import { assertEquals } from "@std/assert";
import {
  endingOfApplicationError,
  endingOfConnectionError,
  endingOfGatewayError,
  type ErrorEnding,
  outcomeOfRejection,
  outcomeOfReport,
} from "../../src/exchange/error_policy.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";

const fault = new ProtocolError("malformed-chunk", 400, "RFC 9112 §7.1", "Cannot read chunk");
const late = new ProtocolError(
  "content-timeout",
  408,
  "RFC 9110 §15.5.9",
  "Cannot receive content",
);
const left = new DOMException("The client has closed the connection", "AbortError");
const own = new Error("own");
const reset = new Deno.errors.ConnectionReset("Connection reset");

interface Row {
  readonly name: string;
  readonly error: unknown;
  readonly responding?: true;
  readonly contentFailure?: ProtocolError;
  readonly aborted?: true;
  readonly application: ErrorEnding;
  readonly gateway: ErrorEnding;
}

const rows: readonly Row[] = [
  { name: "an error before the response", error: own, application: "fail", gateway: "fail" },
  {
    name: "an error within the response",
    error: own,
    responding: true,
    application: "cut",
    gateway: "cut",
  },
  {
    name: "the content's fault",
    error: fault,
    contentFailure: fault,
    application: "reject",
    gateway: "reject",
  },
  {
    name: "an error after the content's fault",
    error: own,
    contentFailure: fault,
    application: "reject",
    gateway: "fail",
  },
  {
    name: "the content's fault within the response",
    error: fault,
    contentFailure: fault,
    responding: true,
    application: "cut",
    gateway: "cut",
  },
  {
    name: "the client's departure",
    error: left,
    aborted: true,
    application: "leave",
    gateway: "leave",
  },
  {
    name: "an error after the client's departure",
    error: own,
    aborted: true,
    application: "leave",
    gateway: "fail",
  },
  {
    name: "the client's departure within the response",
    error: left,
    aborted: true,
    responding: true,
    application: "leave",
    gateway: "leave",
  },
  {
    name: "a socket's error within the response",
    error: reset,
    responding: true,
    application: "cut", // it may be of a socket that the application opened
    gateway: "leave",
  },
];

for (const { name, error, responding = false, contentFailure, aborted, ...expected } of rows) {
  Deno.test(`${name} ends an exchange by the table`, () => {
    const signal = aborted ? AbortSignal.abort(left) : new AbortController().signal;
    const exchange = { responding, contentFailure, signal };
    assertEquals({
      application: endingOfApplicationError(exchange),
      gateway: endingOfGatewayError(exchange, error),
    }, expected);
  });
}

Deno.test("a connection rejects a faulty request, and is cut for any other error", () => {
  assertEquals([fault, late, reset, own].map(endingOfConnectionError), [
    "reject",
    "reject",
    "leave",
    "cut",
  ]);
});

Deno.test("a rejection is refused, or timed out with 408", () => {
  assertEquals([fault, late].map(outcomeOfRejection), ["refused", "timed-out"]);
});

Deno.test("reports tell outcomes", () => {
  const reports: [event: string, error: unknown][] = [
    ["handler-failed", own],
    ["handler-failed", fault],
    ["gateway-failed", own],
    ["interpreter-ended", own],
    ["request-refused", fault],
    ["request-refused", late],
    ["wsgi-errors", own],
    ["toString", undefined],
  ];
  assertEquals(reports.map(([event, error]) => outcomeOfReport(event, error)), [
    "failed",
    "failed",
    "failed",
    "killed",
    "refused",
    "timed-out",
    undefined,
    undefined,
  ]);
});
