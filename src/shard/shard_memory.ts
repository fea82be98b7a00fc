// Memory that a shard shares with the main thread. In it the shard notes that its event loop turns, and which
// requests it has begun: while it computes it sends no message.

import { loggedRequest, type NamedRequest } from "../exchange/describe_requests.ts";
import type { LoggedRequest } from "../log/log_event.ts";

/** Requests that are noted: those that began last. A power of two. */
const PLACES = 64;
/** Longest description, in UTF-16 units; more is cut off. */
const LONGEST = 200;
/** Words of a place: the number of its request, 0 once that is over; and the length of its description. */
const STRIDE = 2;
const BEATS = 0;
const FIRST_PLACE = 1;
const WORD_OCTETS = (FIRST_PLACE + PLACES * STRIDE) * Int32Array.BYTES_PER_ELEMENT;

/** Makes the memory of a shard. */
export function createShardMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORD_OCTETS + PLACES * LONGEST * Uint16Array.BYTES_PER_ELEMENT);
}

/** One thread's view of the memory. */
export class ShardMemory {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #text: Uint16Array<SharedArrayBuffer>;
  #last = 0;

  /** @param memory what both threads share */
  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORD_OCTETS / Int32Array.BYTES_PER_ELEMENT);
    this.#text = new Uint16Array(memory, WORD_OCTETS);
  }

  /** Notes that the event loop turns. */
  beat(): void {
    Atomics.add(this.#words, BEATS, 1);
  }

  /** How often that was noted. */
  get beats(): number {
    return Atomics.load(this.#words, BEATS);
  }

  /** Notes a request that begins.
   *
   * @returns its number, for `end` */
  begin(request: NamedRequest): number {
    const number = this.#last = (this.#last + 1) | 0 || 1;
    const place = number & (PLACES - 1);
    const word = FIRST_PLACE + place * STRIDE;
    const { requestId, method, target } = loggedRequest(request);
    const text = `${requestId} ${method} ${target}`; // none of the three has a space
    const length = Math.min(text.length, LONGEST);
    const start = place * LONGEST;
    for (let i = 0; i < length; i++) this.#text[start + i] = text.charCodeAt(i);
    this.#words[word + 1] = length;
    Atomics.store(this.#words, word, number);
    return number;
  }

  /** Notes that a request is over. */
  end(number: number): void {
    const word = FIRST_PLACE + (number & (PLACES - 1)) * STRIDE;
    if (this.#words[word] === number) Atomics.store(this.#words, word, 0);
  }

  /** The requests that have begun and are not over, the latest first. */
  get requests(): readonly LoggedRequest[] {
    const found: { readonly number: number; readonly request: LoggedRequest }[] = [];
    for (let place = 0; place < PLACES; place++) {
      const word = FIRST_PLACE + place * STRIDE;
      const number = Atomics.load(this.#words, word);
      if (number === 0) continue;
      const start = place * LONGEST;
      const units = this.#text.slice(start, start + this.#words[word + 1]!);
      const [requestId, method, target] = String.fromCharCode(...units).split(" ");
      found.push({ number, request: { requestId, method, target } });
    }
    return found.sort((a, b) => b.number - a.number).map(({ request }) => request);
  }
}
