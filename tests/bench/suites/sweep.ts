// The suite `sweep`: the cost of a request for growing numbers of connections and growing heads, contents
// and pieces. The cost of each additional octet must not grow.

import { loadWithRequests, plainRequest, type RequestLoad } from "../load/request_load.ts";
import { BOTH_CORES, startServers } from "../load/server_process.ts";
import { medianOf, ratioOf } from "../page/columns.ts";
import { interleave } from "../rounds.ts";
import { DENO_SERVE, ROBUSTO } from "../servers/specs.ts";
import { candidatesOf, type Suite } from "../suite.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
/** Content of the requests whose chunks grow, as that of the responses whose pieces grow. */
const PIECES_TOTAL = 64 * KIB;
/** Duration of the load that lets a server compile its code, in seconds. */
const WARM_UP = 0.3;
/** Shortest load in seconds when a single request takes a part of a second. */
const SLOW_SECONDS = 1;
/** Octets of a field of a growing head; far below any limit of a single field. */
const FIELD_SIZE = 1000;

/** A sweep: one number grows, the rest of the load stays. */
interface Sweep {
  readonly group: string;
  readonly values: readonly number[];
  load(value: number): Omit<RequestLoad, "seconds">;
  /** Whether a single request takes a part of a second. */
  isSlow?(value: number): boolean;
}

/** Every sweep. */
export const SWEEPS: readonly Sweep[] = [
  {
    group: "connections",
    values: [1, 4, 16, 64, 256, 1000],
    load: (connections) => ({ request: plainRequest("/"), connections }),
  },
  {
    group: "octets of the head",
    values: [100, 400, 2 * KIB, 8 * KIB, 32 * KIB],
    load: (size) => ({ request: plainRequest("/", fillingFields(size)) }),
  },
  {
    group: "octets of content in a request",
    values: [0, KIB, 64 * KIB, MIB, 16 * MIB, 64 * MIB],
    load: (size) => ({
      request: {
        method: "POST",
        target: "/upload",
        fields: { "Content-Length": `${size}` },
        content: new Uint8Array(size),
      },
      connections: 2,
    }),
    isSlow: (size) => size > MIB,
  },
  {
    group: "octets of a chunk in a request of 64 KiB",
    values: [1, 16, 256, 4 * KIB, 64 * KIB],
    load: (size) => ({
      request: {
        method: "POST",
        target: "/upload",
        fields: { "Transfer-Encoding": "chunked" },
        content: inChunks(PIECES_TOTAL, size),
      },
      connections: 2,
    }),
    isSlow: (size) => size < 256,
  },
  {
    group: "octets of a piece in a response of 64 KiB",
    values: [1, 16, 256, 4 * KIB, 64 * KIB],
    load: (size) => ({ request: plainRequest(`/pieces/${size}`), connections: 2 }),
    isSlow: (size) => size < 256,
  },
];

/** The suite. */
export const sweep: Suite = {
  name: "sweep",
  needs: ["taskset", "wrk"],
  columns: [
    medianOf("requests/s", "requestsPerSecond"),
    medianOf("CPU µs/request", "cpuPerRequest", 1),
    medianOf("p99, ms", "p99", 2),
    ratioOf("cpuPerRequest", "CPU ratio to {base}"),
  ],
  async *run({ seconds }) {
    // Our own limits of 32 KiB and 100 MiB are no subject of this suite.
    const robusto = { ...ROBUSTO, options: { maxHeadSize: 64 * KIB } };
    for (const { group, values, load, isSlow } of SWEEPS) {
      await using started = await startServers([DENO_SERVE, robusto], BOTH_CORES);
      const { servers } = started;
      for (const value of values) {
        const shortest = isSlow?.(value) ? SLOW_SECONDS : 0;
        const loadWith = {
          ...load(value),
          seconds: Math.max(seconds, shortest),
          cores: BOTH_CORES,
        };
        const warmUp = { ...loadWith, seconds: Math.max(WARM_UP, shortest) };
        for (const server of servers) await loadWithRequests(server, warmUp);
        const samples = await interleave(
          servers,
          1, // the shape of a curve counts, not a single point
          (server) => loadWithRequests(server, loadWith),
        );
        yield {
          group,
          label: sizeText(value),
          base: DENO_SERVE.name,
          seconds: loadWith.seconds,
          candidates: candidatesOf(samples),
        };
      }
    }
  },
};

/** A number of octets, as it is read most easily.
 *
 * @param size octets, or any other count */
export function sizeText(size: number): string {
  if (size >= MIB) return `${size / MIB} MiB`;
  return size >= KIB && size % KIB === 0 ? `${size / KIB} KiB` : `${size}`;
}

/** Fields that make the head of a request with Host as large as wanted, roughly. */
function fillingFields(size: number): Record<string, string> {
  const own = "GET / HTTP/1.1\r\nHost: 127.0.0.1:40000\r\n\r\n".length;
  const line = "X-Filling-10: \r\n".length;
  const fields: Record<string, string> = {};
  for (let left = size - own, i = 10; left > line; i++) {
    const length = Math.min(FIELD_SIZE, left) - line;
    fields[`X-Filling-${i}`] = "a".repeat(Math.max(1, length));
    left -= length + line;
  }
  return fields;
}

function inChunks(total: number, size: number): Uint8Array {
  const chunk = `${size.toString(16)}\r\n${"a".repeat(size)}\r\n`;
  return new TextEncoder().encode(`${chunk.repeat(total / size)}0\r\n\r\n`);
}
