// The messages between the main thread and a shard.

import type { AppTree } from "../application/application_tree.ts";
import type { ResponseMetricsView } from "../exchange/response_metrics.ts";
import type { RunningRequest } from "../exchange/running_request.ts";
import type { LogEvent, LoggedRequest } from "../log/log_event.ts";
import type { ThreadSharing } from "../net/thread_sharing.ts";
import type { ServerOptions } from "../options/server_options.ts";
import type { ShardStats } from "./shard_stats.ts";

/** The data that a shard starts with. */
export interface ShardStart {
  /** The application: modules only, so that it is plain data. */
  readonly app: AppTree;
  readonly workerId: number;
  /** All options without functions. */
  readonly options: ServerOptions;
  /** How it shares the addresses with other shards. */
  readonly sharing: ThreadSharing;
  /** What shards tell each other of their connections; see accept_balance.ts. */
  readonly acceptCounts: Int32Array<SharedArrayBuffer>;
  /** Memory that it shares with the main thread; see shard_memory.ts. */
  readonly memory: SharedArrayBuffer;
  /** How often it notes there that its event loop turns, in milliseconds. */
  readonly beatInterval: number;
  /** Format of the access log's lines; undefined without an access log. */
  readonly accessLogFormat: string | undefined;
  /** Whether what the application prints becomes events of the log. */
  readonly captureOutput: boolean;
  /** Whether the main thread has an admin listener. */
  readonly admin: boolean;
}

/** Messages to a shard. */
export type ToShard =
  /** Finish the responses under way, for at most `shutdownTimeout`. */
  | { readonly kind: "stop" }
  /** The same, while other shards accept already. */
  | { readonly kind: "hand-over" }
  /** Stop at once. */
  | { readonly kind: "abort" }
  /** End a request. */
  | { readonly kind: "kill"; readonly requestId: string }
  /** Let responses say close, and serve on. */
  | { readonly kind: "drain" }
  /** Read certificates and private keys again; the shard replies with `certificates`. */
  | { readonly kind: "reload-certificates" };

/** Messages from a shard. */
export type FromShard =
  /** `closed`: it accepts no more connections. */
  | { readonly kind: "ready" | "closed" }
  /** It has stopped, and has cut so many requests. */
  | { readonly kind: "stopped"; readonly cut: number }
  | { readonly kind: "failed"; readonly text: string }
  /** The application ends the worker. */
  | {
    readonly kind: "exiting";
    readonly reason: string;
    /** Those that it had. */
    readonly requests: readonly LoggedRequest[];
  }
  /** An event for the log. An error may not be cloneable, so it travels as text. */
  | { readonly kind: "access-lines"; readonly text: string; readonly count: number }
  | { readonly kind: "log"; readonly event: LogEvent; readonly error: string | undefined }
  /** The result of reading them: an error as text, if there was one. */
  | { readonly kind: "certificates"; readonly error: string | undefined }
  | {
    readonly kind: "stats";
    readonly stats: ShardStats;
    /** Undefined without an admin listener. */
    readonly activity: ShardActivity | undefined;
  };

/** What a shard has done and does now, for the admin listener of the main thread. */
export interface ShardActivity {
  readonly responses: ResponseMetricsView;
  readonly requests: readonly RunningRequest[];
  /** How many there are: the list has a bound. */
  readonly active: number;
}
