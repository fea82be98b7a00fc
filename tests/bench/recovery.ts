// How long is a pool of one worker out of service when that worker hangs?

import { BareClient } from "./bare_client.ts";
import type { Sample } from "./rounds.ts";
import type { ServerProcess } from "./server_process.ts";

/** Time that a handler has after it was told that its time is over, in milliseconds; as in
 * `src/pool/pool_deadlines.ts`. */
const GRACE = 100;

/** Milliseconds from the request that hangs to the next answer, and how many of them are neither
 * `handlerTimeout` nor grace. */
export type RecoverySample = Sample<"recovery" | "beyond">;

/** Makes the only worker of a server hang and waits until another one answers.
 *
 * @param server the server
 * @param handlerTimeout that it was started with, in milliseconds
 * @returns how long it took
 * @throws {Error} when an answer is not the one that is promised */
export async function recover(
  server: ServerProcess,
  handlerTimeout: number,
): Promise<RecoverySample> {
  using hanging = await BareClient.connect(server.url);
  using waiting = await BareClient.connect(server.url);
  const begin = performance.now();
  await hanging.send("/hang");
  const [late, status] = await Promise.all([hanging.answer(), waiting.get("/")]);
  const recovery = performance.now() - begin;
  if (late !== 504 || status !== 200 || recovery < handlerTimeout) {
    throw new Error(`Cannot measure recovery: answers ${late}, ${status} after ${recovery} ms`);
  }
  return { recovery, beyond: recovery - handlerTimeout - GRACE };
}
