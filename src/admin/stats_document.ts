// The numbers of a server as JSON, for `GET /stats`: `server.stats`, and what Cheroot's `server.stats` has
// beside them.

import type { AdminSite } from "./admin_site.ts";

/** Makes the content of `/stats`.
 *
 * @param site the server
 * @returns JSON, in which `Infinity` is `"none"` */
export function statsDocument({ stats, addresses, pools }: AdminSite): string {
  const { runtime, accepts, bytesRead, bytesWritten } = stats;
  const workTime = pools.reduce((sum, { stats }) => sum + stats.runTime.sum, 0);
  const seconds = runtime / 1000;
  const document = {
    enabled: true, // counting has no switch
    addresses,
    ...stats,
    acceptsPerSecond: rate(accepts, seconds),
    workTime,
    readThroughput: rate(bytesRead, seconds),
    writeThroughput: rate(bytesWritten, seconds),
  };
  return JSON.stringify(document, (_, value) => value === Infinity ? "none" : value, 2) + "\n";
}

function rate(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0;
}
