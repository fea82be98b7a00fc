// One large transfer at a time, by a client of its own process.

import type { Sample } from "./rounds.ts";
import type { ServerProcess } from "./server_process.ts";

const CLIENT = new URL("transfer_client.ts", import.meta.url).pathname;
const MEGABYTES = 2 ** 30 / 1e6;

/** What a transfer tells about a server. */
export type TransferSample = Sample<"megabytesPerSecond" | "memoryGrowth" | "peakMemory">;

/** Moves 1 GiB.
 *
 * @param server the server
 * @param direction seen from the client
 * @param cores where the client may run
 * @returns the speed, and MiB of memory at the peak: all of it, and what lies above that before */
export async function transfer(
  server: ServerProcess,
  direction: "upload" | "download",
  cores: string,
): Promise<TransferSample> {
  const idle = server.beginMemory();
  const { success, stdout, stderr } = await new Deno.Command("taskset", {
    args: ["-c", cores, Deno.execPath(), "run", "-A", CLIENT, direction, server.url],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) {
    throw new Error(`Cannot ${direction}, ${server.name}: ${new TextDecoder().decode(stderr)}`);
  }
  const peakMemory = server.peakMemory();
  return {
    megabytesPerSecond: MEGABYTES / Number(new TextDecoder().decode(stdout)),
    memoryGrowth: peakMemory - idle,
    peakMemory,
  };
}
