// Small requests, as many as there is time for: wrk on core 1 with keep-alive connections.

import type { Sample } from "./rounds.ts";
import type { ServerProcess } from "./server_process.ts";

const CORE = "1";
const CONNECTIONS = "64";
const PIPELINE = new URL("pipeline.lua", import.meta.url).pathname;

/** What a load of requests tells about a server. */
export type RequestSample = Sample<"requestsPerSecond" | "cpuPerRequest">;

/** Loads a server for some seconds.
 *
 * @param server the server
 * @param seconds how long
 * @param pipelined whether requests come 16 in one write
 * @returns requests a second, and CPU microseconds of the server for each */
export async function loadWithRequests(
  server: ServerProcess,
  seconds: number,
  pipelined: boolean,
): Promise<RequestSample> {
  const script = pipelined ? ["-s", PIPELINE] : [];
  const before = server.cpuTime();
  const { success, stdout, stderr } = await new Deno.Command("taskset", {
    args: ["-c", CORE, "wrk", "-t1", "-c", CONNECTIONS, "-d", `${seconds}s`, ...script, server.url],
    stdin: "null",
  }).output();
  const cpuTime = server.cpuTime() - before;
  const report = new TextDecoder().decode(stdout);
  const requests = numberIn(report, /([0-9]+) requests in/);
  if (!success || requests === 0 || /Socket errors|Non-2xx/.test(report)) {
    throw new Error(`Cannot load ${server.name}: ${report}${new TextDecoder().decode(stderr)}`);
  }
  return {
    requestsPerSecond: numberIn(report, /Requests\/sec:\s+([0-9.]+)/),
    cpuPerRequest: cpuTime / requests,
  };
}

function numberIn(report: string, pattern: RegExp): number {
  return Number(pattern.exec(report)?.[1] ?? 0);
}
