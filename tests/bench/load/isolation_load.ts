// Measures the latency of light requests at a fixed rate beside clients whose requests compute. A latency
// counts from the time when its request was due, so the time in which a server stands still is not hidden
// by a client that waits for it.

import { BareClient } from "./bare_client.ts";
import { quantile, type Sample } from "../rounds.ts";
import type { ServerProcess } from "./server_process.ts";

/** Milliseconds between two light requests: 100 a second. */
const INTERVAL = 10;

/** Milliseconds of light requests, and the number of responses to heavy requests. */
export type IsolationSample = Sample<"p50" | "p99" | "max" | "heavy">;

/** Loads a server for some seconds.
 *
 * @param server the server
 * @param heavyClients clients that send a heavy request as soon as they have the last response
 * @param seconds duration
 * @returns latencies of light requests, and the number of responses to heavy ones
 * @throws {Error} when a response is not 200 */
export async function isolate(
  server: ServerProcess,
  heavyClients: number,
  seconds: number,
): Promise<IsolationSample> {
  using clients = new DisposableStack();
  const connect = async () => clients.use(await BareClient.connect(server.url));
  const over = new AbortController();
  let heavy = 0;
  const heavyLoad = Array.from({ length: heavyClients }, async () => {
    const client = await connect();
    while (!over.signal.aborted) {
      await request(client, "/heavy");
      heavy++;
    }
  });
  const lightLoad = lightRequests(connect, seconds * 1000 / INTERVAL).finally(() => over.abort());
  const [latencies] = await Promise.all([lightLoad, ...heavyLoad]);
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    max: Math.max(...latencies),
    heavy,
  };
}

/** @returns milliseconds from when each was due */
async function lightRequests(
  connect: () => Promise<BareClient>,
  count: number,
): Promise<number[]> {
  const idle: BareClient[] = [];
  const latencies: Promise<number>[] = [];
  const begin = performance.now();
  for (let i = 0; i < count; i++) {
    const due = begin + i * INTERVAL;
    await until(due);
    const latency = (async () => {
      const client = idle.pop() ?? await connect();
      await request(client, "/");
      idle.push(client);
      return performance.now() - due;
    })();
    latency.catch(() => {}); // it is awaited below
    latencies.push(latency);
  }
  return await Promise.all(latencies);
}

async function request(client: BareClient, path: string): Promise<void> {
  const status = await client.get(path);
  if (status !== 200) {
    throw new Error(`Cannot measure isolation: the response to ${path} is ${status}`);
  }
}

async function until(time: number): Promise<void> {
  const left = time - performance.now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
}
