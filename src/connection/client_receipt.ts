// Finds out whether a client that has ended its side took its response, or had left before. TCP shows the
// same for both until octets are sent: a client that has left rejects them, any other one acknowledges
// them. It is given the stream and a look-up of the system's send queue.

import { Promise } from "../io/platform.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import type { Clock } from "../io/clock.ts";

/** A write of nothing fails once the client has rejected what came before. */
const NOTHING = new Uint8Array();
/** Time between two looks, in milliseconds. */
const INTERVAL = 20;
/** Looks before a client that acknowledges nothing counts as one that has left: a second. */
const MAX_LOOKS = 50;
/** Least time between two look-ups of all connections together, as each reads the list of all sockets. */
const LOOK_UP_PAUSE = 10;

let lookedUpAt = -Infinity;

/** Waits until the client has taken or rejected all that was sent.
 *
 * @param stream has all of the response
 * @param lookUp gives the octets that the system holds for the client; undefined where it does not tell
 * @param clock the source of time
 * @returns whether the client took them; true where that cannot be known */
export async function clientTook(
  stream: ByteStream,
  lookUp: () => Promise<number | undefined>,
  clock: Clock,
): Promise<boolean> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    // First: the entry of a connection that was reset vanishes from the list, as if all were taken.
    const held = look === 0 ? undefined : await lookUpSometimes(lookUp, clock);
    if (!await takesMore(stream)) return false;
    if (look > 0 && !held) return true;
    if (look > 0) await pause(clock);
  }
  return false;
}

async function takesMore(stream: ByteStream): Promise<boolean> {
  try {
    await stream.write(NOTHING);
    return true;
  } catch {
    return false;
  }
}

async function lookUpSometimes(
  lookUp: () => Promise<number | undefined>,
  clock: Clock,
): Promise<number | undefined> {
  const now = clock.now();
  if (Math.abs(now - lookedUpAt) < LOOK_UP_PAUSE) return undefined;
  lookedUpAt = now;
  return await lookUp();
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const tick = clock.every(INTERVAL, () => {
      tick.stop();
      resolve();
    });
  });
}
