// Tries whether a killable thread that computes can be ended on the Deno that runs. Deno does not promise
// it (see node_worker.ts), so it is tried once in a process.

import { NodeWorker, TAKE_LOCK } from "./node_worker.ts";

/** How long the thread may take to begin. */
const START_TIMEOUT = 5_000;

/** Words of the memory that the two threads share. */
const LOOPING = 0;
const OVER = 1;

/** A thread that cannot be ended would loop for ever, so it ends when `OVER` is set. */
const loop = (prelude: string) => `
import { workerData } from "node:worker_threads";
${prelude}
const { data, port } = workerData;
port.onmessage = () => {};
port.postMessage(null); // it has loaded
Atomics.store(data, ${LOOPING}, 1);
Atomics.notify(data, ${LOOPING});
while (Atomics.load(data, ${OVER}) === 0);
`;

let result: Promise<boolean> | undefined;

/** Whether a killable thread in an endless loop can be ended; tried once in a process. */
export function canKill(): Promise<boolean> {
  return result ??= canKillLoop(TAKE_LOCK);
}

/** Tries to end a thread in an endless loop.
 *
 * @param prelude what the thread runs first
 * @returns whether it has ended */
export async function canKillLoop(prelude: string): Promise<boolean> {
  const shared = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const worker = new NodeWorker({ name: "robusto", source: loop(prelude), data: shared }, {
    onMessage() {},
    onExit() {}, // it ended before it looped
  });
  const looping = Atomics.waitAsync(shared, LOOPING, 0, START_TIMEOUT);
  if (looping.async) await looping.value;
  const killed = await worker.terminate();
  Atomics.store(shared, OVER, 1);
  worker.close();
  return killed && shared[LOOPING] === 1;
}
