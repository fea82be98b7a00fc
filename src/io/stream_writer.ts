// Writes octets from a send buffer to a socket, in order, one write at a time. Octets that are added during
// a write leave together in the next one. The producer waits for `room`, so a peer that does not read stops
// the producer and cannot fill the memory.

import { Promise, queueMicrotask, then } from "./platform.ts";
import { SendBuffer } from "../http1/send_buffer.ts";
import type { ByteStream } from "./byte_stream.ts";

/** Most responses fit; for others the buffers grow. */
const FIRST_SIZE = 512;

/** Rounds of microtasks in which the producer gives nothing before what it gave is sent. A web stream with
 * octets at hand gives them after one to six, also through a transform. A round costs fifty nanoseconds,
 * another write some microseconds. */
const QUIET_ROUNDS = 8;

/** Buffers that no connection uses now. A connection holds one only while there is something in it: there may
 * be thousands that wait for a request. */
const spare: SendBuffer[] = [];
/** Buffers that are kept: as many as there are connections that send at the same time on a busy server. */
const MAX_SPARE = 128;
/** Octets of the largest buffer that is kept. */
const MAX_SPARE_SIZE = 64 * 1024;

function ignore(): void {}

/** Collects small writes for a {@linkcode ByteStream} and sends them in order. */
export class StreamWriter {
  /** Number of octets sent so far. */
  sent = 0;
  /** The error that ended writing, if one has. */
  failure: unknown;
  /** Called whenever all of a write has been given to the system. */
  onSent: () => void = ignore;
  /** Called once when writing fails. */
  onFailure: () => void = ignore;

  /** Most octets that are copied into the buffer at once, to leave together with those before. */
  readonly largestAppended: number;

  readonly #stream: ByteStream;
  readonly #size: number;
  /** Whether the collected octets leave soon. */
  #kickScheduled = false;
  #quietRounds = 0;
  /** What is collected; undefined while that is nothing. */
  #buffer: SendBuffer | undefined;
  /** The buffer that is being written. */
  #sending: SendBuffer | undefined;
  /** The rest of the data that is being written. */
  #unwritten: Uint8Array | undefined;
  #flushed:
    | { promise: Promise<void>; resolve: () => void; reject: (e: unknown) => void }
    | undefined;

  /** @param stream receives the octets
   * @param size octets to collect before a producer must wait */
  constructor(stream: ByteStream, size: number) {
    this.#stream = stream;
    this.#size = size;
    this.largestAppended = size * 2;
  }

  /** Receives the next octets; {@linkcode kick} sends them. Read this property again after each kick. */
  get buffer(): SendBuffer {
    return this.#buffer ??= spare.pop() ?? new SendBuffer(FIRST_SIZE);
  }

  /** Number of octets taken so far, those not yet sent included. */
  get taken(): number {
    return this.sent + (this.#unwritten === undefined ? 0 : this.#unwritten.length) +
      this.#collected;
  }

  /** Whether a write is in progress. */
  get writing(): boolean {
    return this.#unwritten !== undefined;
  }

  /** Whether a producer may continue without waiting for {@linkcode room}. */
  get hasRoom(): boolean {
    return this.failure === undefined && this.#collected < this.#size;
  }

  /** Starts to send the collected octets, without waiting. */
  kick(): void {
    if (this.#unwritten !== undefined || this.failure !== undefined) return;
    const full = this.#buffer;
    if (full === undefined || full.length === 0) return;
    this.#buffer = undefined;
    this.#sending = full;
    this.#write(full.filled);
  }

  /** Sends the collected octets once the producer has given no more for some rounds of microtasks, so that
   * pieces which are at hand leave together. That is before the next turn of the event loop. */
  kickSoon(): void {
    this.#quietRounds = 0;
    if (this.#kickScheduled) return;
    this.#kickScheduled = true;
    queueMicrotask(this.#awaitQuiet);
  }

  readonly #awaitQuiet = (): void => {
    if (this.#collected > 0 && ++this.#quietRounds < QUIET_ROUNDS) {
      return queueMicrotask(this.#awaitQuiet);
    }
    this.#kickScheduled = false;
    this.kick();
  };

  /** Sends the collected octets and waits until all of them are written.
   *
   * @throws the socket's error */
  flush(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.kick();
    if (this.#unwritten === undefined) return Promise.resolve();
    return (this.#flushed ??= Promise.withResolvers<void>()).promise;
  }

  /** Waits while so many octets are collected behind a write under way that a producer should pause.
   *
   * @returns undefined when there is room, else a promise that resolves when there is
   * @throws the socket's error */
  room(): Promise<void> | undefined {
    if (this.hasRoom) return undefined;
    this.kick();
    return this.hasRoom ? undefined : this.flush();
  }

  /** Sends a piece after the collected octets. A small piece is copied and may be sent later: a copy costs
   * less than another write. Of a large piece only the part that fills the buffer is copied; it must not
   * change until the promise resolves.
   *
   * @throws the socket's error */
  write(piece: Uint8Array): Promise<void> | undefined {
    if (piece.length <= this.largestAppended) {
      this.buffer.append(piece);
      return this.failure === undefined ? undefined : this.flush();
    }
    return this.#writeLarge(piece);
  }

  async #writeLarge(piece: Uint8Array): Promise<void> {
    // The collected head and the beginning of the content leave in one write.
    const first = Math.max(0, Math.min(piece.length, this.#size - this.#collected));
    this.buffer.append(piece.subarray(0, first));
    await this.flush();
    if (first === piece.length) return;
    this.#write(piece.subarray(first));
    await this.flush();
  }

  #write(data: Uint8Array): void {
    this.#unwritten = data;
    then(this.#stream.write(data), this.#onWritten, this.#onWriteError);
  }

  readonly #onWritten = (count: number): void => {
    this.sent += count;
    const rest = this.#unwritten!;
    if (count < rest.length) return this.#write(rest.subarray(count));
    this.#unwritten = undefined;
    if (this.#sending !== undefined) giveBack(this.#sending);
    this.#sending = undefined;
    this.onSent();
    if (this.#collected > 0) {
      // More of what is at hand may come before the scheduled kick.
      if (!this.#kickScheduled || this.#flushed !== undefined) this.kick();
      return;
    }
    this.#flushed?.resolve();
    this.#flushed = undefined;
  };

  readonly #onWriteError = (error: unknown): void => {
    this.failure = error;
    this.#unwritten = undefined;
    this.#buffer = this.#sending = undefined;
    this.#flushed?.reject(error);
    this.#flushed = undefined;
    this.onFailure();
  };

  /** Number of octets that wait to be written. */
  get #collected(): number {
    return this.#buffer === undefined ? 0 : this.#buffer.length;
  }
}

function giveBack(buffer: SendBuffer): void {
  if (spare.length === MAX_SPARE || buffer.bytes.length > MAX_SPARE_SIZE) return;
  buffer.length = 0;
  spare.push(buffer);
}
