// One large transfer at a time, by a client on core 1.

import type { Sample } from "./rounds.ts";
import type { ServerProcess } from "./server_process.ts";

const CORE = "1";
const CLIENT = new URL("transfer_client.ts", import.meta.url).pathname;
const MEGABYTES = 2 ** 30 / 1e6;

/** What a transfer tells about a server. */
export type TransferSample = Sample<"megabytesPerSecond" | "memoryGrowth">;

/** Moves 1 GiB.
 *
 * @param server the server
 * @param direction seen from the client
 * @returns the speed, and MiB of memory at the peak above what the server had before */
export async function transfer(
  server: ServerProcess,
  direction: "upload" | "download",
): Promise<TransferSample> {
  const idle = server.beginMemory();
  const { success, stdout, stderr } = await new Deno.Command("taskset", {
    args: ["-c", CORE, Deno.execPath(), "run", "-A", CLIENT, direction, server.url],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) {
    throw new Error(`Cannot ${direction}, ${server.name}: ${new TextDecoder().decode(stderr)}`);
  }
  return {
    megabytesPerSecond: MEGABYTES / Number(new TextDecoder().decode(stdout)),
    memoryGrowth: server.peakMemory() - idle,
  };
}
