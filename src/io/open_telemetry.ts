// Deno's own OpenTelemetry, if it is on (OTEL_DENO=true). The types describe only what the server uses.
// Nothing is imported: Deno registers its providers where every version of `@opentelemetry/api` looks.

/** Values of attributes. Deno exports a bigint as a whole number, a number as a floating-point one. */
export type AttributeValue = string | number | bigint;

/** Names and values that describe a span or a measurement. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What is known of the trace at one place in the program. */
export interface TraceContext {
  setValue(key: symbol, value: unknown): TraceContext;
  deleteValue(key: symbol): TraceContext;
}

/** An operation within a trace. */
export interface Span {
  setAttributes(attributes: Attributes): void;
  setStatus(status: { readonly code: number }): void;
  end(endTime?: number): void;
}

/** An instrument that takes measurements. */
export interface Histogram {
  record(value: number, attributes: Attributes): void;
}

/** A sum that rises and falls. */
export interface UpDownCounter {
  add(value: number, attributes: Attributes): void;
}

interface InstrumentOptions {
  readonly description: string;
  readonly unit: string;
  readonly advice?: { readonly explicitBucketBoundaries: number[] };
}

interface SpanOptions {
  readonly kind: number;
  readonly attributes: Attributes;
  readonly startTime?: number;
}

/** Deno's providers, as the specification of OpenTelemetry names them. */
export interface OpenTelemetry {
  readonly trace: {
    getTracer(name: string, version: string): {
      startSpan(name: string, options: SpanOptions, context: TraceContext): Span;
    };
  };
  readonly metrics: {
    getMeter(name: string, version: string): {
      createHistogram(name: string, options: InstrumentOptions): Histogram;
      createUpDownCounter(name: string, options: InstrumentOptions): UpDownCounter;
    };
  };
  readonly context: {
    active(): TraceContext;
    with<T>(context: TraceContext, call: () => T): T;
  };
  readonly propagation: {
    extract<C>(context: TraceContext, carrier: C, getter: {
      get(carrier: C, name: string): string | undefined;
      keys(carrier: C): string[];
    }): TraceContext;
    inject<C>(context: TraceContext, carrier: C, setter: {
      set(carrier: C, name: string, value: string): void;
    }): void;
  };
}

/** Where a context holds its span, in Deno and in `@opentelemetry/api`. */
export const SPAN_KEY: symbol = Symbol.for("OpenTelemetry Context Key SPAN");

/** Finds Deno's OpenTelemetry.
 *
 * @returns undefined when it is off, or when an application has registered providers of another kind, whose
 * exporter the server does not know */
export function findOpenTelemetry(): OpenTelemetry | undefined {
  const registered = Reflect.get(globalThis, Symbol.for("opentelemetry.js.api.1"));
  if (registered?.trace === undefined) return undefined;
  return registered.trace === Deno.telemetry?.tracerProvider ? registered : undefined;
}
