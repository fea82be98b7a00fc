// The options that concern WebSockets, which travel to the threads that run applications.

import type { ResolvedOptions } from "./resolve_options.ts";

/** Picks them. */
export function webSocketLimits(
  { maxWebSocketMessage, maxWebSocketBacklog, webSocketPing, webSocketCompression }: Pick<
    ResolvedOptions,
    "maxWebSocketMessage" | "maxWebSocketBacklog" | "webSocketPing" | "webSocketCompression"
  >,
) {
  return { maxWebSocketMessage, maxWebSocketBacklog, webSocketPing, webSocketCompression };
}
