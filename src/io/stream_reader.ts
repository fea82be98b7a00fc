// Reads octets from a socket into a receive buffer, one read at a time. A deadline can interrupt a wait
// for content while the read of the socket continues. The server can then still send a response and close
// the connection in order.

import { Promise, then } from "./platform.ts";
import type { ReceiveBuffer } from "../http1/receive_buffer.ts";
import { readPacing } from "./read_pacing.ts";
import type { ByteStream } from "./byte_stream.ts";

/** Reads from a {@linkcode ByteStream} into a {@linkcode ReceiveBuffer}. */
export class StreamReader {
  /** Octets that have arrived and have not been taken. */
  readonly buffer: ReceiveBuffer;
  /** Number of octets received so far. */
  received = 0;
  /** Whether the peer has announced the end of its octets. */
  ended = false;
  /** The error that ended reading, if one has. */
  failure: unknown;

  readonly #stream: ByteStream;
  /** The read that is in progress. */
  #pending: Promise<boolean> | undefined;
  /** What {@linkcode readPacing} has given the read that is in progress. */
  #batch = 0;
  #onNextRead: (() => void) | undefined;
  #interrupt: ((reason: unknown) => void) | undefined;
  #interruption: unknown;
  #released = false;

  /** @param stream source of the octets
   * @param buffer receives them */
  constructor(stream: ByteStream, buffer: ReceiveBuffer) {
    this.#stream = stream;
    this.buffer = buffer;
  }

  /** Waits until more octets are in the buffer. Several callers may wait for the same read.
   *
   * @returns false when there will be no more; {@linkcode ended} or {@linkcode failure} tells the reason.
   * The promise does not reject, so a read without a waiter causes no unhandled rejection */
  fill(): Promise<boolean> {
    return this.#pending ??= this.#read();
  }

  /** As {@linkcode fill}, but {@linkcode interrupt} can end the wait.
   *
   * @throws the reason given to `interrupt`, or the socket's error */
  fillInterruptibly(): Promise<boolean> {
    return this.#interruptibly(this.fill());
  }

  /** Reads directly into `target`, past the buffer; only while the buffer is empty. The read can be
   * interrupted; its octets are then lost, and with them the position in the message.
   *
   * @returns the number of octets, or null when the peer sends no more
   * @throws the reason given to `interrupt`, or the socket's error */
  async readInto(target: Uint8Array): Promise<number | null> {
    if (this.#pending !== undefined || this.ended) {
      // A read into the buffer is in progress, and its octets come first.
      if (!await this.fillInterruptibly()) return null;
      const count = Math.min(target.length, this.buffer.length);
      target.set(this.buffer.bytes.subarray(this.buffer.start, this.buffer.start + count));
      this.buffer.consume(count);
      return count;
    }
    let count: number | null = null;
    this.#pending = then(
      this.#begin(target, 0),
      (n) => this.#recordRead(count = n),
      this.#onReadError,
    );
    await this.#interruptibly(this.#pending);
    return count;
  }

  /** Reads although no code waits for octets, so that a leaving peer is noticed.
   *
   * @param notice called once, when octets, the end or an error arrive. Not called when nothing can
   * be read: after the end, after an error, or when the buffer is full */
  watch(notice: () => void): void {
    if (this.ended || this.failure !== undefined) return;
    if (this.#pending === undefined && this.buffer.full) return;
    this.#onNextRead = notice;
    void this.fill();
  }

  /** Rejects the current interruptible wait, or the next one if no such wait is pending. */
  interrupt(reason: unknown): void {
    const interrupt = this.#interrupt;
    this.#interrupt = undefined;
    if (interrupt === undefined) this.#interruption = reason;
    else interrupt(reason);
  }

  /** Gives the storage of the buffer back: nothing more is read. A read in progress must be about to end. */
  release(): void {
    this.#released = true;
    if (this.#pending === undefined) this.buffer.release();
  }

  #read(): Promise<boolean> {
    if (this.ended || this.failure !== undefined) return Promise.resolve(false);
    if (readPacing.admits()) return this.#readInBatch(0);
    return new Promise((resolve) => {
      readPacing.wait((batch) => resolve(this.#readInBatch(batch)));
    });
  }

  #readInBatch(batch: number): Promise<boolean> {
    return then(this.#begin(this.buffer.space(), batch), this.#onRead, this.#onReadError);
  }

  /** Begins a read, of which {@linkcode readPacing} knows until `#endRead`.
   *
   * @param batch what `readPacing` has given it */
  #begin(target: Uint8Array, batch: number): Promise<number | null> {
    this.#batch = batch;
    readPacing.begin();
    return this.#stream.read(target);
  }

  readonly #onRead = (count: number | null): boolean => {
    if (count !== null) this.buffer.commit(count);
    return this.#recordRead(count);
  };

  readonly #onReadError = (error: unknown): boolean => {
    this.failure = error;
    return this.#endRead(false);
  };

  #recordRead(count: number | null): boolean {
    if (count === null) this.ended = true;
    else this.received += count;
    return this.#endRead(count !== null);
  }

  #endRead(more: boolean): boolean {
    readPacing.end(this.#batch);
    this.#pending = undefined;
    const notice = this.#onNextRead;
    this.#onNextRead = undefined;
    if (this.#released) this.buffer.release();
    notice?.();
    return more;
  }

  #interruptibly(pending: Promise<boolean>): Promise<boolean> {
    const interruption = this.#interruption;
    this.#interruption = undefined;
    if (interruption !== undefined) return Promise.reject(interruption);
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      then(pending, (more) => {
        this.#interrupt = undefined;
        if (this.failure === undefined) resolve(more);
        else reject(this.failure);
      });
    });
  }
}
