// How does a worker wait for the main thread in the middle of a computation? No message reaches a
// thread that does not come back to its event loop, so what it waits for comes through shared memory:
// the worker marks the channel, posts its question, and sleeps until the main thread has put the reply
// there. A thread waits in one place at a time, so one channel for each worker is enough.
//
// No reply is lost: the mark is made before the question is posted, and `Atomics.wait` returns at once
// when the mark has changed already. Every question is answered: by what it asks for, or by an abort when
// its exchange is over, given up or unknown, or when the worker is being ended. There is no timeout,
// since the main thread's deadlines are the only ones that count; a main thread that dies takes its
// process along, and with it whoever waits.

/** Octets of content that go through at once; what a larger piece has more comes with the next reply.
 * Every worker that blocks has so much memory for it. */
const CAPACITY = 64 * 1024;

/** Words before the octets. */
const STATE = 0;
const LENGTH = 1;
const CLOSED = 2;
/** Where the room of a reply stands, and the octets of one. */
const ROOM_AT = 16;
const OCTETS_AT = 24;

/** What the first word says. */
const ASKED = 1;
const PIECE = 2;
const END = 3;
const FAILED = 4;
const ABORTED = 5;
const ROOM = 6;

/** What a worker is told. */
export type Reply =
  /** The next octets of request content. */
  | { readonly kind: "piece"; readonly octets: Uint8Array<ArrayBuffer> }
  /** There is no more of it. */
  | { readonly kind: "end" }
  /** It cannot be read. text: {@linkcode encodeFailure}. */
  | { readonly kind: "failed"; readonly text: string }
  /** Nobody waits for an answer any more. text: why. */
  | { readonly kind: "aborted"; readonly text: string }
  /** More of an answer may be sent: so many octets in all. */
  | { readonly kind: "room"; readonly limit: number };

/** The memory that both sides of a channel share. The system provides it when it is first used, so
 * that a worker which never blocks does not pay for it. */
export function createChannel(): SharedArrayBuffer {
  return new SharedArrayBuffer(OCTETS_AT + CAPACITY);
}

class Channel {
  protected readonly words: Int32Array;
  protected readonly room: Float64Array;
  protected readonly octets: Uint8Array;

  /** @param memory what `createChannel` made */
  constructor(memory: SharedArrayBuffer) {
    this.words = new Int32Array(memory, 0, ROOM_AT / Int32Array.BYTES_PER_ELEMENT);
    this.room = new Float64Array(memory, ROOM_AT, 1);
    this.octets = new Uint8Array(memory, OCTETS_AT);
  }
}

/** The worker's side. */
export class BlockingClient extends Channel {
  /** Asks, and blocks the thread until there is a reply.
   *
   * @param ask posts the question, at once
   * @returns the reply */
  call(ask: () => void): Reply {
    const { words } = this;
    Atomics.store(words, STATE, ASKED);
    ask();
    // Whoever closes looks at the state afterwards, so one of the two sees the other.
    if (Atomics.load(words, CLOSED) === 1) return { kind: "aborted", text: ENDING };
    while (Atomics.load(words, STATE) === ASKED) Atomics.wait(words, STATE, ASKED);
    return this.#reply(Atomics.load(words, STATE));
  }

  #reply(state: number): Reply {
    switch (state) {
      case PIECE:
        return { kind: "piece", octets: this.#taken() };
      case END:
        return { kind: "end" };
      case FAILED:
        return { kind: "failed", text: new TextDecoder().decode(this.#taken()) };
      case ROOM:
        return { kind: "room", limit: this.room[0] };
      default:
        return { kind: "aborted", text: new TextDecoder().decode(this.#taken()) };
    }
  }

  #taken(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.octets.subarray(0, this.words[LENGTH]));
  }
}

/** The main thread's side. Replies to a question that is not open are dropped. */
export class BlockingServer extends Channel {
  #asker: number | undefined;

  /** Notes a question.
   *
   * @param id number of the exchange that it concerns */
  asked(id: number): void {
    this.#asker = id;
  }

  /** Gives content.
   *
   * @returns how much of it; the rest has to wait for the next question */
  piece(id: number, octets: Uint8Array): number {
    if (this.#asker !== id) return 0;
    const count = Math.min(octets.length, this.octets.length);
    this.octets.set(octets.subarray(0, count));
    this.words[LENGTH] = count;
    this.#reply(PIECE);
    return count;
  }

  /** Says that there is no more content. */
  end(id: number): void {
    if (this.#asker === id) this.#reply(END);
  }

  /** Says that content cannot be read. */
  fail(id: number, text: string): void {
    if (this.#asker === id) this.#say(FAILED, text);
  }

  /** Says that so many octets of an answer may be sent in all. */
  grant(id: number, limit: number): void {
    if (this.#asker !== id) return;
    this.room[0] = limit;
    this.#reply(ROOM);
  }

  /** Says that nobody waits for an answer any more. */
  abort(id: number, text: string): void {
    if (this.#asker === id) this.#say(ABORTED, text);
  }

  /** Answers whoever waits, and whoever will, that the worker is being ended. */
  close(): void {
    Atomics.store(this.words, CLOSED, 1);
    if (Atomics.load(this.words, STATE) === ASKED) this.#say(ABORTED, ENDING);
  }

  #say(state: number, text: string): void {
    const octets = new TextEncoder().encode(text).subarray(0, this.octets.length);
    this.octets.set(octets);
    this.words[LENGTH] = octets.length;
    this.#reply(state);
  }

  #reply(state: number): void {
    this.#asker = undefined;
    Atomics.store(this.words, STATE, state);
    Atomics.notify(this.words, STATE);
  }
}

const ENDING = "The worker is being ended";
