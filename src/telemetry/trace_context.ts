// Moves the context of a trace between fields of a request, a context of OpenTelemetry, and text for another
// thread, as W3C Trace Context describes it (https://www.w3.org/TR/trace-context/).

import type { FieldSection } from "../http1/field_section.ts";
import { type OpenTelemetry, SPAN_KEY, type TraceContext } from "../io/open_telemetry.ts";

/** A context without a span: what runs in it belongs to no trace.
 *
 * @param telemetry Deno's OpenTelemetry */
export function rootContext({ context }: OpenTelemetry): TraceContext {
  return context.active().deleteValue(SPAN_KEY);
}

/** The context in which a client sent its request.
 *
 * @param telemetry Deno's OpenTelemetry
 * @param root the context of a client that sent none
 * @param fields the fields of the request */
export function contextOfFields(
  { propagation }: OpenTelemetry,
  root: TraceContext,
  fields: FieldSection,
): TraceContext {
  return propagation.extract(root, fields, FIELDS);
}

/** Writes the identity of the span of a context, as the value of a `traceparent` field.
 *
 * @param telemetry Deno's OpenTelemetry
 * @param context has a span */
export function traceparentOf(
  { propagation }: OpenTelemetry,
  context: TraceContext,
): string | undefined {
  const carrier = new Map<string, string>();
  propagation.inject(context, carrier, MAP);
  return carrier.get("traceparent");
}

/** The context of a span that another thread has.
 *
 * @param telemetry Deno's OpenTelemetry
 * @param root the context that it is added to
 * @param traceparent what {@linkcode traceparentOf} wrote
 * @param fields the fields of the request, which have the rest of the context */
export function contextOfSpan(
  { propagation }: OpenTelemetry,
  root: TraceContext,
  traceparent: string,
  fields: FieldSection,
): TraceContext {
  return propagation.extract<SpanAndFields>(root, { traceparent, fields }, SPAN_AND_FIELDS);
}

const FIELDS = {
  get: (fields: FieldSection, name: string) => fields.get(name),
  keys: (fields: FieldSection) => fields.entries().map(([name]) => name),
};

interface SpanAndFields {
  readonly traceparent: string;
  readonly fields: FieldSection;
}

const SPAN_AND_FIELDS = {
  get: ({ traceparent, fields }: SpanAndFields, name: string) =>
    name === "traceparent" ? traceparent : fields.get(name),
  keys: ({ fields }: SpanAndFields) => ["traceparent", ...FIELDS.keys(fields)],
};

const MAP = {
  set: (carrier: Map<string, string>, name: string, value: string) => void carrier.set(name, value),
};
