// What a server has done so far, in numbers.

import type { PoolStats } from "../pool/pool_stats.ts";
import type { ShardStats } from "../shard/shard_stats.ts";

/** Counters that only grow, until they are cleared. */
export class Counters {
  /** Connections accepted. */
  accepts = 0;
  /** Requests whose head was complete. */
  requests = 0;
  /** Requests refused for a fault of the client's. */
  refused = 0;
  /** Answers that were cut short. */
  aborted = 0;
  /** Octets received on connections that have ended. */
  bytesRead = 0;
  /** Octets sent on connections that have ended. */
  bytesWritten = 0;
  /** Errors of sockets, other than clients leaving. */
  socketErrors = 0;
}

/** What an accepting thread has done and has open. */
export interface TrafficStats extends Readonly<Counters> {
  /** Milliseconds since it began to listen, all periods together. */
  readonly runtime: number;
  /** Connections open now. */
  readonly connections: number;
  /** Connections open now that wait for another request. */
  readonly idleConnections: number;
}

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
