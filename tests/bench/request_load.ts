// Loads a server with small requests by wrk, and measures its rate and its CPU time.

import type { Sample } from "./rounds.ts";
import type { ServerProcess } from "./server_process.ts";

const PIPELINE = new URL("pipeline.lua", import.meta.url).pathname;

/** The results of a load. */
export type RequestSample = Sample<"requestsPerSecond" | "cpuPerRequest">;

/** A load of requests. */
export interface RequestLoad {
  /** Duration. */
  readonly seconds: number;
  /** Connections at the same time.
   *
   * @default {64} */
  readonly connections?: number;
  /** Path of the requests without its first slash; the path of the greeting without it. */
  readonly path?: string;
  /** Whether 16 requests come in one write.
   *
   * @default {false} */
  readonly pipelined?: boolean;
  /** Whether each request has a new connection.
   *
   * @default {false} */
  readonly newConnections?: boolean;
  /** Cores that wrk may use.
   *
   * @default {"1"} */
  readonly cores?: string;
}

/** Loads a server for some seconds.
 *
 * @param server the server
 * @param load the load
 * @returns requests a second, and CPU microseconds of the server for each
 * @throws {Error} when a request gets no response, or one with an error status */
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
