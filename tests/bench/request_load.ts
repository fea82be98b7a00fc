// Small requests, as many as there is time for: wrk with keep-alive connections.

import type { Sample } from "./rounds.ts";
import type { ServerProcess } from "./server_process.ts";

const PIPELINE = new URL("pipeline.lua", import.meta.url).pathname;

/** What a load of requests tells about a server. */
export type RequestSample = Sample<"requestsPerSecond" | "cpuPerRequest">;

/** A load of requests. */
export interface RequestLoad {
  /** How long it lasts. */
  readonly seconds: number;
  /** Connections at the same time.
   *
   * @default {64} */
  readonly connections?: number;
  /** What is asked for, without its first slash; a greeting without it. */
  readonly path?: string;
  /** Whether requests come 16 in one write.
   *
   * @default {false} */
  readonly pipelined?: boolean;
  /** Whether each request has a connection of its own.
   *
   * @default {false} */
  readonly newConnections?: boolean;
  /** Where wrk may run.
   *
   * @default {"1"} */
  readonly cores?: string;
}

/** Loads a server for some seconds.
 *
 * @param server the server
 * @param load with what
 * @returns requests a second, and CPU microseconds of the server for each
 * @throws {Error} when a single request is refused or gets no answer */
export async function loadWithRequests(
  server: ServerProcess,
  { seconds, connections = 64, path = "", pipelined = false, newConnections = false, cores = "1" }:
    RequestLoad,
): Promise<RequestSample> {
  const script = pipelined ? ["-s", PIPELINE] : [];
  const before = server.cpuTime();
  const { success, stdout, stderr } = await new Deno.Command("taskset", {
    args: [
      ...["-c", cores, "wrk", "-t1", "-c", `${connections}`, "-d", `${seconds}s`],
      ...script,
      ...(newConnections ? ["-H", "Connection: close"] : []),
      server.url + path,
    ],
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
