// The numbers of a server.

import type { TrafficStats } from "../connection/counters.ts";
import type { PoolStats } from "../pool/pool_stats.ts";
import type { ShardStats } from "../shard/shard_stats.ts";

/** The numbers of a server at one moment. */
export interface ServerStats extends TrafficStats {
  /** Whether the server is listening and ready to receive requests. */
  readonly ready: boolean;
  /** Lines of the access log, and of a log file, that could not be written. */
  readonly lostLogLines: number;
  /** The worker pool; undefined when no application runs in it. */
  readonly pool: PoolStats | undefined;
  /** The dedicated pools of single applications, by the paths that these are mounted at; beside other
   * applications, `python` is the pool of Python applications that run in processes. */
  readonly pools: Readonly<Record<string, PoolStats>>;
  /** The accepting threads of mode "sharded", else undefined. Their numbers, and so the sums above, are up
   * to half a second old. */
  readonly shards: readonly ShardStats[] | undefined;
}
