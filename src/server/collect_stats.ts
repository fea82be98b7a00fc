// Collects the numbers of a server: of its connections, its pools and its shards.

import type { ConnectionContext } from "../connection/connection_context.ts";
import { MountedExecutor } from "./mounted_executor.ts";
import type { Executor } from "../exchange/executor.ts";
import { WorkerPool } from "../pool/worker_pool.ts";
import { ShardGroup } from "../shard/shard_group.ts";
import type { ServerStats } from "../admin/server_stats.ts";
import { Counters } from "../connection/counters.ts";

/** Numbers that only the server itself knows. */
type OwnStats = Pick<ServerStats, "ready" | "runtime" | "connections" | "lostLogLines">;

/** The numbers of a server, now.
 *
 * @param context what its connections share
 * @param own numbers that only the server itself knows */
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
    pools: Object.fromEntries(
      namedPools(executor).filter(([name]) => name !== "").map((
        [name, { stats }],
      ) => [name, stats]),
    ),
    shards: shards?.shardStats,
  };
}

/** Sets all counters back to 0. */
export function clearStats({ counters, executor }: ConnectionContext): void {
  Object.assign(counters, new Counters());
  shardGroupOf(executor)?.clearCounts();
  for (const [, pool] of namedPools(executor)) pool.clearStats();
}

/** The accepting threads of mode "sharded". */
export function shardGroupOf(executor: Executor): ShardGroup | undefined {
  return executor instanceof ShardGroup ? executor : undefined;
}

function poolOf(executor: Executor): WorkerPool | undefined {
  if (executor instanceof MountedExecutor) return executor.shared;
  return executor instanceof WorkerPool ? executor : undefined;
}

/** All pools, with names that tell them apart: the common pool's is empty. */
export function namedPools(executor: Executor): readonly (readonly [string, WorkerPool])[] {
  if (executor instanceof WorkerPool) return [["", executor]];
  if (!(executor instanceof MountedExecutor)) return [];
  const { shared, processes, dedicated } = executor;
  return [
    ...shared === undefined ? [] : [["", shared] as const],
    ...processes === undefined ? [] : [["python", processes] as const],
    ...dedicated,
  ];
}
