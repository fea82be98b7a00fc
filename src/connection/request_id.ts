// Names requests in logs. A request gets a number when it comes; its text is made when something reads it.

/** Tells the requests of different processes apart. */
const PROCESS_TAG = crypto.randomUUID().slice(0, 8);
let last = 0;

/** Numbers the next request. */
export function nextRequestNumber(): number {
  return ++last;
}

/** The id of a request. It is unique in this process, and its tag tells it from other processes.
 *
 * @param number what {@linkcode nextRequestNumber} gave */
export function requestIdOf(number: number): string {
  return `${PROCESS_TAG}-${number.toString(36)}`;
}
