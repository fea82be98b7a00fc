// Runs an application in the context of a span that the main thread has made, so that the spans of the
// application are its children.

import type { Exchange } from "../exchange/exchange.ts";
import type { Executor } from "../exchange/executor.ts";
import { findOpenTelemetry } from "../io/open_telemetry.ts";
import { contextOfSpan, rootContext } from "./trace_context.ts";

/** Runs exchanges: an executor's own operation, or the same within the context of its span. */
export type Execute = Executor["execute"];

/** Makes the operation that runs exchanges inside a worker.
 *
 * @param executor runs the application
 * @returns its own operation while OpenTelemetry is off */
export function tracedExecute(executor: Executor): Execute {
  const telemetry = findOpenTelemetry();
  if (telemetry === undefined) return (exchange) => executor.execute(exchange);
  const root = rootContext(telemetry);
  return (exchange: Exchange) => {
    const { traceparent } = exchange;
    if (traceparent === undefined) return executor.execute(exchange);
    const context = contextOfSpan(telemetry, root, traceparent, exchange.head.fields);
    return telemetry.context.with(context, () => executor.execute(exchange));
  };
}
