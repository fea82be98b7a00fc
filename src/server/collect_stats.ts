// What has a server done so far? Its own numbers, and those of whoever answers: pools and shards.

import type { ConnectionContext } from "../connection/connection_context.ts";
import { MountedExecutor } from "./mounted_executor.ts";
import type { Executor } from "../exchange/executor.ts";
import { WorkerPool } from "../pool/worker_pool.ts";
import { ShardGroup } from "../shard/shard_group.ts";
import type { ServerStats } from "./server_stats.ts";
import { Counters } from "../connection/counters.ts";

/** What only the server itself knows. */
type OwnStats = Pick<ServerStats, "ready" | "runtime" | "connections">;

/** A moment's view of a server's numbers.
 *
 * @param context what its connections share
 * @param own what only the server itself knows */
export function collectStats(
  { counters, executor, idle }: ConnectionContext,
  own: OwnStats,
): ServerStats {
  const shards = shardGroupOf(executor);
  return {
    ...own,
    idleConnections: idle,
    ...counters,
    ...shards?.counts,
    pool: poolOf(executor)?.stats,
    pools: Object.fromEntries([...ownPoolsOf(executor)].map(([path, pool]) => [path, pool.stats])),
    shards: shards?.shardStats,
  };
}

/** Sets its counters back to nothing. */
export function clearStats({ counters, executor }: ConnectionContext): void {
  Object.assign(counters, new Counters());
  shardGroupOf(executor)?.clearCounts();
  poolOf(executor)?.clearStats();
  for (const pool of ownPoolsOf(executor).values()) pool.clearStats();
}

/** The threads that accept in its place, in mode "sharded". */
export function shardGroupOf(executor: Executor): ShardGroup | undefined {
  return executor instanceof ShardGroup ? executor : undefined;
}

function poolOf(executor: Executor): WorkerPool | undefined {
  if (executor instanceof MountedExecutor) return executor.shared;
  return executor instanceof WorkerPool ? executor : undefined;
}

/** Pools of single applications, by the paths of these. */
function ownPoolsOf(executor: Executor): ReadonlyMap<string, WorkerPool> {
  return executor instanceof MountedExecutor ? executor.dedicated : new Map();
}
