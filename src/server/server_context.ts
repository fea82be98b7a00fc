// What do all connections of a server share? Made once from its options and its application; what
// changes during the server's life is asked of the server.

import type { ConnectionContext } from "../connection/connection_context.ts";
import { createExecutor } from "./create_executor.ts";
import { CommonFields } from "../http1/common_fields.ts";
import { ResponseHeadWriter } from "../http1/response_head.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { AppTree } from "../application/application_tree.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import { Forwarding } from "../proxies/forwarding.ts";
import { Counters } from "../connection/counters.ts";

/** What a server is asked during its life. */
export interface ServerStatus {
  /** Whether it answers no longer, or not yet. */
  isStopping(): boolean;
  /** Whether it is one of several shards. */
  isShared(): boolean;
}

/** Makes what all connections of a server share, the executor of its application among it.
 *
 * @param app what is served
 * @param options the server's options
 * @param life the server */
export function createServerContext(
  app: AppTree,
  options: ResolvedOptions,
  life: ServerStatus,
): ConnectionContext {
  const closing = new CommonFields(options.serverName, options.keepAliveTimeout / 1000);
  const log = (event: LogEvent): void => {
    try {
      const result: unknown = options.onLog(event);
      // TypeScript accepts an async function as a sink. Its rejection would end the process.
      if (result instanceof Promise) result.catch(() => {});
    } catch {
      // A sink that throws must not cost anybody an answer.
    }
  };
  return {
    options,
    server: {
      name: options.serverName,
      protocol: options.protocol,
      get multiprocess() {
        return life.isShared();
      },
    },
    headLimits: {
      maxRequestLineSize: options.maxRequestLineSize,
      maxHeadSize: options.maxHeadSize,
      maxFieldCount: options.maxFieldCount,
      maxEmptyLines: 2, // RFC 9112 §2.2 wants one; a stream of them is no request
      maxMethodSize: 32, // the longest registered method has 17 octets
      underscoreHeaders: options.underscoreHeaders,
      strictMode: options.strictMode,
      proxyMode: options.proxyMode,
    },
    executor: createExecutor(app, options, log),
    headWriter: new ResponseHeadWriter(options.protocol, closing),
    forwarding: Forwarding.for(options, log),
    counters: new Counters(),
    idle: 0,
    get stopping() {
      return life.isStopping();
    },
    get canAddKeepAlive() {
      return this.idle < options.keepAliveLimit;
    },
    wallClock: Date.now,
    log,
  };
}
