// Starts the thread of a shard, of either kind. A killable thread can be ended while it computes; its
// connections are closed with it.

import { entrySource, NodeWorker } from "../threads/node_worker.ts";
import { WebWorker } from "../threads/web_worker.ts";
import type { FromShard, ShardStart, ToShard } from "./messages.ts";

/** What a shard runs in. */
export type ShardKind = "web" | "killable";

/** The thread of a shard. */
export interface ShardThread {
  post(message: ToShard): void;
  /** Ends it.
   *
   * @returns whether it has really ended in time */
  terminate(): Promise<boolean>;
  /** Waits for the end of a thread that was told to end.
   *
   * @param signal ends the wait: it rejects then */
  ended(signal: AbortSignal): Promise<void>;
}

/** What the thread calls. */
export interface ShardThreadCallbacks {
  onMessage(message: FromShard): void;
  /** It has ended by itself. */
  onEnd(reason: string): void;
}

const START = "startShard";

/** Starts a thread.
 *
 * @param kind its kind
 * @param main URL of the module that it runs
 * @param data what it starts with
 * @param callbacks what it calls */
export function startShardThread(
  kind: ShardKind,
  main: string,
  data: ShardStart,
  { onMessage, onEnd }: ShardThreadCallbacks,
): ShardThread {
  const name = `robusto shard ${data.workerId}`;
  if (kind === "web") {
    const start = { name, main, start: START, data };
    return new WebWorker<FromShard, ToShard>(start, { onMessage, onError: onEnd });
  }
  const worker = new NodeWorker<FromShard>({ name, source: entrySource(main, START), data }, {
    onMessage,
    onExit: (code, thrown) => onEnd(thrown === undefined ? `exit code ${code}` : String(thrown)),
  });
  return {
    post: (message) => worker.target.postMessage(message),
    terminate: () => worker.terminate(),
    ended: (signal) => worker.ended(signal),
  };
}
