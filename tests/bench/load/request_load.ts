// Loads a server with requests by wrk, and measures rate, latency, CPU time and memory. A client beside
// wrk checks the complete responses; of wrk's own responses status and number of octets are checked.

import type { Sample } from "../rounds.ts";
import { requestOctets, type Work } from "../works/works.ts";
import { CheckingClient } from "./check_response.ts";
import type { ServerProcess } from "./server_process.ts";
import { runWrk, type WrkReport } from "./wrk.ts";

/** Milliseconds between two complete checks during a load. */
const CHECK_INTERVAL = 50;
/** Share of the octets that may differ: the chunks of a stream can fall differently. */
const TOLERANCE = 0.02;

/** The results of a load. Latencies are in milliseconds, memory in MiB. */
export type RequestSample = Sample<
  "requestsPerSecond" | "cpuPerRequest" | "p50" | "p99" | "peakMemory"
>;

/** A load of requests. */
export interface RequestLoad {
  /** What is requested. */
  readonly request: Pick<Work, "method" | "target" | "fields" | "content"> | Work;
  /** Duration. */
  readonly seconds: number;
  /** Connections at the same time.
   *
   * @default {64} */
  readonly connections?: number;
  /** Requests in one write.
   *
   * @default {1} */
  readonly pipelined?: number;
  /** Cores that wrk may use.
   *
   * @default {"1"} */
  readonly cores?: string;
}

/** A request without content and with no field but Host.
 *
 * @param target its target
 * @param fields fields besides Host */
export function plainRequest(target: string, fields: Work["fields"] = {}): RequestLoad["request"] {
  return { method: "GET", target, fields, content: new Uint8Array() };
}

/** Loads a server for some seconds.
 *
 * @param server the server
 * @param load the load
 * @returns the results
 * @throws {Error} when a request gets no response, or not the expected one */
export async function loadWithRequests(
  server: ServerProcess,
  { request, seconds, connections = 64, pipelined = 1, cores = "1" }: RequestLoad,
): Promise<RequestSample> {
  const octets = requestOctets(request, new URL(server.url).host);
  const load = {
    url: server.url,
    octets: repeated(octets, pipelined),
    connections,
    seconds,
    cores,
  };
  let cpuTime = 0;
  const run = async () => {
    let before = 0;
    const report = await runWrk(load, () => before = server.cpuTime());
    cpuTime = server.cpuTime() - before;
    return report;
  };
  server.beginMemory();
  try {
    const report = "expected" in request
      ? await checkedRun(server.url, request, connections, run)
      : await run();
    return {
      requestsPerSecond: report.requests / (report.duration / 1e6),
      cpuPerRequest: cpuTime / report.requests,
      p50: report.p50 / 1000,
      p99: report.p99 / 1000,
      peakMemory: server.peakMemory(),
    };
  } catch (error) {
    throw new Error(`Cannot load ${server.name}: ${server.lastOutput}`, { cause: error });
  }
}

/** Checks a response before, during and after a run, and the octets that the run received. */
async function checkedRun(
  url: string,
  work: Work,
  connections: number,
  run: () => Promise<WrkReport>,
): Promise<WrkReport> {
  using client = new CheckingClient(url, work);
  const size = await client.check();
  let over = false;
  const checks = (async () => {
    while (!over) {
      await client.check();
      await new Promise((resolve) => setTimeout(resolve, CHECK_INTERVAL));
    }
  })();
  checks.catch(() => {}); // it is awaited below
  const report = await run().finally(() => over = true);
  await checks;
  await client.check();
  const expected = report.requests * size;
  const slack = TOLERANCE * expected + connections * size; // responses under way at the end
  if (Math.abs(report.octets - expected) > slack) {
    throw new Error(
      `Wrong responses to ${work.name}: expected ${report.requests} of ${size} octets, ` +
        `got ${report.octets} octets`,
    );
  }
  return report;
}

function repeated(octets: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(octets.length * count);
  for (let i = 0; i < count; i++) all.set(octets, i * octets.length);
  return all;
}
