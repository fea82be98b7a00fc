// Measures how long a pool of one worker is out of service when that worker hangs.

import { BareClient } from "./bare_client.ts";
import type { Sample } from "../rounds.ts";
import type { ServerProcess } from "./server_process.ts";

/** Time between the abort of a handler and the end of its worker, in milliseconds; as in
 * `src/pool/pool_deadlines.ts`. */
const GRACE = 100;

/** Milliseconds from the request that hangs to the next response: all, and those beyond `handlerTimeout`
 * and grace. */
export type RecoverySample = Sample<"recovery" | "beyond">;

/** Makes the only worker of a server hang and waits until its replacement responds.
 *
 * @param server the server
 * @param handlerTimeout of the server, in milliseconds
 * @returns the times
 * @throws {Error} when a response is not the expected one */
export async function recover(
  server: ServerProcess,
  handlerTimeout: number,
): Promise<RecoverySample> {
  using hanging = await BareClient.connect(server.url);
  using waiting = await BareClient.connect(server.url);
  const begin = performance.now();
  await hanging.send("/hang");
  const [late, status] = await Promise.all([hanging.receive(), waiting.get("/")]);
  const recovery = performance.now() - begin;
  if (late !== 504 || status !== 200 || recovery < handlerTimeout) {
    throw new Error(`Cannot measure recovery: responses ${late}, ${status} after ${recovery} ms`);
  }
  return { recovery, beyond: recovery - handlerTimeout - GRACE };
}
