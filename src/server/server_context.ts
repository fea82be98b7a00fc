// Makes what all connections of a server share, once, from its options and its application. Tests make it
// here too, with other clocks.

import { caught, Promise } from "../io/platform.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { ConnectionContext } from "../connection/connection_context.ts";
import { createExecutor } from "./create_executor.ts";
import { CommonFields } from "../http1/common_fields.ts";
import { ResponseHeadWriter } from "../http1/response_head.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { AppTree } from "../application/application_tree.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import { sendQueueOf } from "../net/send_queue.ts";
import { Forwarding } from "../proxies/forwarding.ts";
import { Counters, responseCounter } from "../connection/counters.ts";
import type { FinishedListener } from "../exchange/finished_response.ts";
import { findOpenTelemetry } from "../io/open_telemetry.ts";
import { RequestTracing } from "../telemetry/request_tracing.ts";
import { type Clock, systemClock, TurnTime } from "../io/clock.ts";
import { headLimits } from "../connection/head_limits.ts";
import { webSocketLimits } from "../options/web_socket_limits.ts";

/** The state of a server, which its connections ask for. */
export interface ServerStatus {
  /** Whether it serves no longer, or not yet. */
  isStopping(): boolean;
  /** Whether it is one of several shards. */
  isShared(): boolean;
}

/** Pieces of content on their way to another thread cost the same whatever their size: with reads of a
 * quarter of this, content reaches a worker at two thirds of the rate. */
const LARGEST_READ_FOR_WORKERS = 256 * 1024;

/** What a context depends on beside its options. A test passes its own. */
export interface ContextDependencies {
  /** Milliseconds since 1970, for the Date field; the system's without it. */
  readonly wallClock?: () => number;
  /** The server's clock; the system's without it. */
  readonly clock?: Clock;
  /** Octets that the system holds for a client; the system's own number without it. */
  readonly sendQueueOf?: ConnectionContext["sendQueueOf"];
  /** Take each finished response, after the counters. */
  readonly onFinished?: readonly FinishedListener[];
}

/** Makes what all connections of a server share, the executor of its application included.
 *
 * @param app what is served
 * @param options the server's options
 * @param status tells the state of the server
 * @param dependencies where time comes from, and what the system tells */
export function createServerContext(
  app: AppTree,
  options: ResolvedOptions,
  status: ServerStatus,
  dependencies: ContextDependencies = {},
): ConnectionContext {
  const { wallClock = Date.now, clock = systemClock, onFinished = [] } = dependencies;
  const closing = new CommonFields(options.serverName, options.keepAliveTimeout / 1000);
  const log = (event: LogEvent): void => {
    try {
      const result: unknown = options.onLog(event);
      // TypeScript accepts an async function as a sink. Its rejection would end the process.
      if (result instanceof Promise) caught(result, () => {});
    } catch {
      // A sink that throws must not cost a client its response.
    }
  };
  const counters = new Counters();
  const listeners: FinishedListener[] = [responseCounter(counters), ...onFinished];
  const executor = createExecutor(app, options, log);
  const telemetry = findOpenTelemetry();
  const tracing = telemetry && new RequestTracing(telemetry);
  if (tracing !== undefined) listeners.push(tracing.finished);
  const runner = tracing === undefined
    ? executor
    : { execute: (exchange: Exchange) => tracing.execute(executor, exchange) };
  return {
    options,
    server: {
      name: options.serverName,
      software: options.software,
      protocol: options.protocol,
      webSocket: webSocketLimits(options),
      get multiprocess() {
        return status.isShared();
      },
    },
    headLimits: headLimits(options),
    executor,
    runner,
    usualRunner: runner,
    largestRead: options.mode === "pool" ? LARGEST_READ_FOR_WORKERS : undefined,
    headWriter: new ResponseHeadWriter(options.protocol, closing),
    forwarding: Forwarding.for(options, log),
    counters,
    idle: 0,
    upgraded: 0,
    departure: "stop",
    draining: false,
    get stopping() {
      return status.isStopping();
    },
    get canAddKeepAlive() {
      return !this.draining && this.idle < options.keepAliveLimit;
    },
    clock,
    turn: new TurnTime(clock),
    finished(response) {
      for (const listener of listeners) {
        try {
          listener(response);
        } catch {
          // A listener that throws must not cost a client its connection.
        }
      }
    },
    addFinishedListener(listener) {
      listeners.push(listener);
    },
    sendQueueOf: dependencies.sendQueueOf ?? sendQueueOf,
    wallClock,
    log,
  };
}
