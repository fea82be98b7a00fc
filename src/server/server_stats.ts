// What a server has done so far, in numbers.

import type { TrafficStats } from "../connection/counters.ts";
import type { PoolStats } from "../pool/pool_stats.ts";
import type { ShardStats } from "../shard/shard_stats.ts";

/** A moment's view of a server's numbers. */
export interface ServerStats extends TrafficStats {
  /** Whether the server is listening and ready to receive requests. */
  readonly ready: boolean;
  /** The worker pool; undefined where no application runs in it. */
  readonly pool: PoolStats | undefined;
  /** The pools of applications that have one of their own, by the paths that these are mounted at. */
  readonly pools: Readonly<Record<string, PoolStats>>;
  /** The accepting threads, as each last told: up to half a second ago, as are the sums above then;
   * undefined but in mode "sharded". */
  readonly shards: readonly ShardStats[] | undefined;
}
