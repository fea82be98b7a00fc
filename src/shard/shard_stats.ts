// The numbers of one accepting thread, which it reports twice a second.

import type { TrafficStats } from "../connection/counters.ts";

/** One accepting thread of mode "sharded", by its last report. */
export interface ShardStats extends TrafficStats {
  /** Number of the worker; never used twice in a server. */
  readonly workerId: number;
  /** CPU time of its thread in microseconds; undefined where the platform does not measure it. */
  readonly cpuTime: number | undefined;
}
