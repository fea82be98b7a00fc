// Makes a span of each request, in the thread of its connection, and measures it. That thread knows when
// the request begins and how its response ends, also when a worker is killed. An executor in the same
// thread runs the application in the span's context; a worker gets the identity of the span as text.

import type { Exchange } from "../exchange/exchange.ts";
import type { Executor } from "../exchange/executor.ts";
import type {
  FinishedListener,
  FinishedRequest,
  FinishedResponse,
} from "../exchange/finished_response.ts";
import type { RequestHead } from "../http1/request_head.ts";
import {
  type Histogram,
  type OpenTelemetry,
  type Span,
  SPAN_KEY,
  type TraceContext,
  type UpDownCounter,
} from "../io/open_telemetry.ts";
import { VERSION } from "../version.ts";
import {
  activeAttributes,
  durationAttributes,
  isServerError,
  requestAttributes,
  responseAttributes,
  spanName,
} from "./attributes.ts";
import { contextOfFields, rootContext, traceparentOf } from "./trace_context.ts";

/** SpanKind.SERVER and SpanStatusCode.ERROR of OpenTelemetry. */
const SERVER = 1;
const ERROR = 2;

/** Upper bounds in seconds that the conventions advise for `http.server.request.duration`. */
const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Spans and metrics of the requests of one server. */
export class RequestTracing {
  readonly #telemetry: OpenTelemetry;
  readonly #root: TraceContext;
  readonly #tracer: ReturnType<OpenTelemetry["trace"]["getTracer"]>;
  readonly #durations: Histogram;
  readonly #active: UpDownCounter;
  readonly #spans = new WeakMap<FinishedRequest, Span>();

  /** @param telemetry Deno's OpenTelemetry */
  constructor(telemetry: OpenTelemetry) {
    this.#telemetry = telemetry;
    this.#root = rootContext(telemetry);
    this.#tracer = telemetry.trace.getTracer("robusto", VERSION);
    const meter = telemetry.metrics.getMeter("robusto", VERSION);
    this.#durations = meter.createHistogram("http.server.request.duration", {
      description: "Duration of HTTP server requests.",
      unit: "s",
      advice: { explicitBucketBoundaries: DURATION_BOUNDS },
    });
    this.#active = meter.createUpDownCounter("http.server.active_requests", {
      description: "Number of active HTTP server requests.",
      unit: "{request}",
    });
  }

  /** Has an executor run an exchange within a span.
   *
   * @param executor runs it
   * @param exchange the request */
  execute(executor: Executor, exchange: Exchange): void | Promise<void> {
    const { head, scheme } = exchange;
    const sent = contextOfFields(this.#telemetry, this.#root, head.fields);
    const span = this.#startSpan(exchange, head, sent);
    this.#spans.set(exchange, span);
    this.#active.add(1, activeAttributes(scheme, head.method));
    const context = sent.setValue(SPAN_KEY, span);
    exchange.traceparent = traceparentOf(this.#telemetry, context);
    return this.#telemetry.context.with(context, () => executor.execute(exchange));
  }

  /** Ends the span of a finished response, and measures it. */
  readonly finished: FinishedListener = (response) => {
    const { request, duration } = response;
    this.#durations.record(duration / 1000, durationAttributes(response));
    const { head } = request;
    if (head === undefined) return; // nothing is known that a span could be named after
    let span = this.#spans.get(request);
    if (span === undefined) {
      // The connection rejected it, so no executor had it.
      const sent = contextOfFields(this.#telemetry, this.#root, head.fields);
      span = this.#startSpan(request, head, sent, Date.now() - duration);
    } else {
      this.#spans.delete(request);
      this.#active.add(-1, activeAttributes(request.scheme, head.method));
    }
    endSpan(span, response);
  };

  #startSpan(
    request: FinishedRequest,
    head: RequestHead,
    parent: TraceContext,
    startTime?: number,
  ): Span {
    const options = { kind: SERVER, attributes: requestAttributes(request, head) };
    return this.#tracer.startSpan(
      spanName(head),
      startTime === undefined ? options : { ...options, startTime },
      parent,
    );
  }
}

function endSpan(span: Span, response: FinishedResponse): void {
  span.setAttributes(responseAttributes(response));
  if (isServerError(response)) span.setStatus({ code: ERROR });
  span.end();
}
