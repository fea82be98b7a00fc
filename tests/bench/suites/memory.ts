// The suites of memory: what an idle connection takes, and what a server keeps after many uploads.

import { openIdle } from "../load/idle_load.ts";
import { loadWithRequests } from "../load/request_load.ts";
import { BOTH_CORES, type ServerProcess, startServers } from "../load/server_process.ts";
import { maximumOf, medianOf } from "../page/columns.ts";
import { interleave } from "../rounds.ts";
import { DENO_SERVE, pooled, ROBUSTO } from "../servers/specs.ts";
import { candidatesOf, type Suite } from "../suite.ts";
import { WORKS } from "../works/works.ts";

const CONNECTIONS = 5_000;
/** Time for the garbage collection of what a load has left, in milliseconds. */
const SETTLE = 3_000;

const SPECS = [DENO_SERVE, ROBUSTO, pooled("robusto, 2 workers", { minWorkers: 2, maxWorkers: 2 })];

/** Memory for each of many idle connections. */
export const idle: Suite = {
  name: "idle",
  needs: ["taskset"],
  columns: [
    medianOf("KiB for each", "kibibytes", 1),
    medianOf("idle, MiB", "idle"),
    medianOf("with all, MiB", "withAll"),
  ],
  async *run() {
    for (const [label, requests] of [["without a request", 0], ["after a response", 1]] as const) {
      await using started = await startServers(SPECS, BOTH_CORES);
      const samples = await interleave(started.servers, 1, async (server) => {
        using _warm = await openIdle(server.url, 64, 1);
        await settle();
        const idle = server.memory();
        using _connections = await openIdle(server.url, CONNECTIONS, requests);
        await settle();
        const withAll = server.memory();
        return { kibibytes: (withAll - idle) * 1024 / CONNECTIONS, idle, withAll };
      });
      yield { group: "5,000 idle connections", label, candidates: candidatesOf(samples) };
    }
  },
};

/** Memory after uploads, compared with that of an idle server. */
export const uploadsMemory: Suite = {
  name: "uploads-memory",
  needs: ["taskset", "wrk"],
  columns: [
    medianOf("idle, MiB", "idle"),
    maximumOf("peak above idle, MiB", "peak"),
    maximumOf("afterwards above idle, MiB", "after"),
    medianOf("GiB received", "gibibytes", 1),
  ],
  async *run({ uploadSeconds }) {
    await using started = await startServers(SPECS, BOTH_CORES);
    const upload = WORKS.find(({ name }) => name === "upload")!;
    const measure = async (server: ServerProcess) => {
      await loadWithRequests(server, { request: upload, seconds: 1, cores: BOTH_CORES });
      await settle();
      const idle = server.beginMemory();
      const load = { request: upload, seconds: uploadSeconds, cores: BOTH_CORES };
      const { requestsPerSecond, peakMemory } = await loadWithRequests(server, load);
      await settle();
      const octets = requestsPerSecond * uploadSeconds * upload.content.length;
      return {
        idle,
        peak: peakMemory - idle,
        after: server.memory() - idle,
        gibibytes: octets / 2 ** 30,
      };
    };
    // All at the same time: memory is measured, not speed.
    const samples = await Promise.all(started.servers.map(measure));
    const byServer = new Map(started.servers.map((server, i) => [server, [samples[i]]]));
    yield {
      group: "Uploads of 64 KiB over 64 connections",
      label: "",
      seconds: uploadSeconds,
      candidates: candidatesOf(byServer),
    };
  },
};

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE));
}
