// Measures one large transfer at a time. The client runs in its own process.

import type { Sample } from "../rounds.ts";
import type { ServerProcess } from "./server_process.ts";

const CLIENT = new URL("transfer_client.ts", import.meta.url).pathname;
const MEGABYTES = 2 ** 30 / 1e6;

/** The results of a transfer. */
export type TransferSample = Sample<"megabytesPerSecond" | "memoryGrowth" | "peakMemory">;

/** Moves 1 GiB.
 *
 * @param server the server
 * @param direction as the client sees it
 * @param cores cores that the client may use
 * @returns the speed, and the peak memory of the server in MiB: all of it, and the growth */
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
