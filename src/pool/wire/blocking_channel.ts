// Replies for a worker that waits for the main thread in the middle of a computation. No message reaches a
// thread that does not return to its event loop, so its replies come through shared memory: the worker
// marks the memory, posts its question, and sleeps until the main thread has put the reply there.

import { TextDecoder, TextEncoder } from "../../io/platform.ts";
import type { BlockingReplies, Reply } from "./worker_channel.ts";

/** Octets of content in one reply; the remainder of a larger piece comes with the next reply. Every worker
 * that blocks has so much memory for it. */
const CAPACITY = 64 * 1024;

/** Words before the octets. */
const STATE = 0;
const LENGTH = 1;
const CLOSED = 2;
/** Which exchange was given up last; see {@linkcode fold}. */
const GIVEN_UP = 3;
/** Where the limit of a credit stands, and the octets of a reply. */
const LIMIT_AT = 16;
const OCTETS_AT = 24;

/** Values of the first word. */
const ASKED = 1;
const PIECE = 2;
const END = 3;
const FAILED = 4;
const ABORTED = 5;
const CREDIT = 6;

const ENDING = "The worker is being ended";

/** The memory that both sides share. The system provides it when it is first used, so that a worker which
 * never blocks does not pay for it. */
export function createReplyMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(OCTETS_AT + CAPACITY);
}

/** One side of the memory. A thread waits in one place at a time, so one memory for each worker is enough.
 * No reply is lost: the mark is made before the question is posted, and `Atomics.wait` returns at once when
 * the mark has changed already. Every question gets a reply: what it asks for, or an abort when its exchange
 * is over, given up or unknown, or when the worker is being ended. There is no timeout, since only the main
 * thread's deadlines count; a main thread that ends takes its process along, and with it every thread that
 * waits. */
class ReplyMemory {
  protected readonly words: Int32Array;
  protected readonly limit: Float64Array;
  protected readonly octets: Uint8Array;

  /** @param memory what `createChannel` made */
  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, LIMIT_AT / Int32Array.BYTES_PER_ELEMENT);
    this.limit = new Float64Array(memory, LIMIT_AT, 1);
    this.octets = new Uint8Array(memory, OCTETS_AT);
  }
}

/** The worker's side. */
export class BlockingClient extends ReplyMemory {
  /** Asks, and blocks the thread until there is a reply.
   *
   * @param ask posts the question, at once
   * @returns the reply */
  call(ask: () => void): Reply {
    const { words } = this;
    Atomics.store(words, STATE, ASKED);
    ask();
    // `close` looks at the state after it has set this, so one of the two sees the other.
    if (Atomics.load(words, CLOSED) === 1) return { kind: "aborted", text: ENDING };
    while (Atomics.load(words, STATE) === ASKED) Atomics.wait(words, STATE, ASKED);
    return this.#read(Atomics.load(words, STATE));
  }

  /** Whether the exchange was given up that the thread is in. */
  isGivenUp(id: number): boolean {
    return Atomics.load(this.words, GIVEN_UP) === fold(id);
  }

  #read(state: number): Reply {
    switch (state) {
      case PIECE:
        return { kind: "piece", octets: this.#copyOctets() };
      case END:
        return { kind: "end" };
      case FAILED:
        return { kind: "failed", text: new TextDecoder().decode(this.#copyOctets()) };
      case CREDIT:
        return { kind: "credit", limit: this.limit[0] };
      default:
        return { kind: "aborted", text: new TextDecoder().decode(this.#copyOctets()) };
    }
  }

  #copyOctets(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.octets.subarray(0, this.words[LENGTH]));
  }
}

/** The main thread's side. Replies to a question that is not open are dropped. */
export class BlockingServer extends ReplyMemory implements BlockingReplies {
  #askingId: number | undefined;

  get awaited(): boolean {
    return this.#askingId !== undefined;
  }

  awaits(id: number): boolean {
    return this.#askingId === id;
  }

  /** Notes a question.
   *
   * @param id number of the exchange that it concerns */
  noteQuestion(id: number): void {
    this.#askingId = id;
  }

  piece(id: number, octets: Uint8Array): number {
    if (this.#askingId !== id) return 0;
    const count = Math.min(octets.length, this.octets.length);
    this.octets.set(octets.subarray(0, count));
    this.words[LENGTH] = count;
    this.#reply(PIECE);
    return count;
  }

  end(id: number): void {
    if (this.#askingId === id) this.#reply(END);
  }

  fail(id: number, text: string): void {
    if (this.#askingId === id) this.#replyText(FAILED, text);
  }

  grant(id: number, limit: number): void {
    if (this.#askingId !== id) return;
    this.limit[0] = limit;
    this.#reply(CREDIT);
  }

  abort(id: number, text: string): void {
    if (this.#askingId === id) this.#replyText(ABORTED, text);
  }

  /** Notes for a thread that is blocked, and so sees no message, that the exchange it is in was given up.
   * A thread is in one exchange at a time, so one word is enough. */
  noteGivenUp(id: number): void {
    Atomics.store(this.words, GIVEN_UP, fold(id));
  }

  /** Replies to the open question, and to all later ones, that the worker is being ended. */
  close(): void {
    Atomics.store(this.words, CLOSED, 1);
    if (Atomics.load(this.words, STATE) === ASKED) this.#replyText(ABORTED, ENDING);
  }

  #replyText(state: number, text: string): void {
    const octets = new TextEncoder().encode(text).subarray(0, this.octets.length);
    this.octets.set(octets);
    this.words[LENGTH] = octets.length;
    this.#reply(state);
  }

  #reply(state: number): void {
    this.#askingId = undefined;
    Atomics.store(this.words, STATE, state);
    Atomics.notify(this.words, STATE);
  }
}

/** An exchange's number as one word. Numbers of different exchanges that a worker may be in at nearly the same
 * time give different words, and none gives 0. */
function fold(id: number): number {
  return 1 + id % (2 ** 31 - 1);
}
