// What the main thread and a shard tell each other.

import type { AppTree } from "../application/application_tree.ts";
import type { LogEvent } from "../log/log_event.ts";
import type { ThreadSharing } from "../net/thread_sharing.ts";
import type { ServerOptions } from "../options/server_options.ts";
import type { ShardStats } from "./shard_stats.ts";

/** What a shard is made with. */
export interface ShardStart {
  /** What it loads: modules only, so that it is plain data. */
  readonly app: AppTree;
  readonly workerId: number;
  /** Everything that can be said without functions. */
  readonly options: ServerOptions;
  /** How it shares the addresses with others. */
  readonly sharing: ThreadSharing;
}

/** What a shard is told. */
export type ToShard =
  /** Finish what is in flight, for at most `shutdownTimeout`. */
  | { readonly kind: "stop" }
  /** Stop at once. */
  | { readonly kind: "abort" }
  /** Read certificates and private keys again; `certificates` answers it. */
  | { readonly kind: "reload-certificates" };

/** What a shard tells. */
export type FromShard =
  /** `closed`: it accepts nothing more. */
  | { readonly kind: "ready" | "closed" | "stopped" }
  | { readonly kind: "failed"; readonly text: string }
  /** The application ends the worker. */
  | { readonly kind: "exiting"; readonly reason: string }
  /** An event for the log; an error cannot be relied on to be cloneable, its stack as text can. */
  | { readonly kind: "log"; readonly event: LogEvent; readonly error: string | undefined }
  /** What came of reading them: an error as text, if any. */
  | { readonly kind: "certificates"; readonly error: string | undefined }
  | { readonly kind: "stats"; readonly stats: ShardStats };
