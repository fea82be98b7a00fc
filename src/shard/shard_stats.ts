// What one accepting thread has done, in numbers: what it tells twice a second.

import type { TrafficStats } from "../connection/counters.ts";

/** One accepting thread of mode "sharded", as it last told. */
export interface ShardStats extends TrafficStats {
  /** Number of the worker; never used twice in a server. */
  readonly workerId: number;
  /** CPU time of its thread in microseconds; undefined where the platform does not tell. */
  readonly cpuTime: number | undefined;
}
