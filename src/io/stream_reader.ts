// Octets from a socket into a receive buffer, one read at a time. A read can outlive the wait for it:
// a deadline interrupts whoever waits for content while the socket's own read goes on, so an answer
// can still be sent, and the connection closed in order.

import type { ReceiveBuffer } from "../http1/receive_buffer.ts";
import type { ByteStream } from "./byte_stream.ts";

/** Reads from a {@linkcode ByteStream} into a {@linkcode ReceiveBuffer}. */
export class StreamReader {
  /** What has arrived and has not been taken. */
  readonly buffer: ReceiveBuffer;
  /** Octets received so far. */
  received = 0;
  /** Whether the peer has said that it sends no more. */
  ended = false;
  /** Why reading failed for good, once it has. */
  failure: unknown;

  readonly #stream: ByteStream;
  /** The read that is under way. */
  #pending: Promise<boolean> | undefined;
  #onNextRead: (() => void) | undefined;
  #interrupt: ((reason: unknown) => void) | undefined;
  #interruption: unknown;

  /** @param stream where octets come from
   * @param buffer where they go */
  constructor(stream: ByteStream, buffer: ReceiveBuffer) {
    this.#stream = stream;
    this.buffer = buffer;
  }

  /** Waits until more octets are in the buffer. Several may wait for the same read.
   *
   * @returns false when there will be no more: {@linkcode ended}, or {@linkcode failure} tells why.
   * It does not reject, so that a read which nobody waits for needs no care */
  fill(): Promise<boolean> {
    return this.#pending ??= this.#read();
  }

  /** The same, for one who may be told by {@linkcode interrupt} to wait no longer.
   *
   * @throws the reason given to `interrupt`, or the socket's error */
  fillInterruptibly(): Promise<boolean> {
    return this.#interruptibly(this.fill());
  }

  /** Reads straight into `target`, past the buffer; only while the buffer is empty. Can be
   * interrupted; the octets of an interrupted read are lost, and with them the place in the message.
   *
   * @returns the number of octets, or null when the peer sends no more
   * @throws the reason given to `interrupt`, or the socket's error */
  async readInto(target: Uint8Array): Promise<number | null> {
    if (this.#pending !== undefined || this.ended) {
      // A read into the buffer is under way, and its octets come first.
      if (!await this.fillInterruptibly()) return null;
      const count = Math.min(target.length, this.buffer.length);
      target.set(this.buffer.bytes.subarray(this.buffer.start, this.buffer.start + count));
      this.buffer.consume(count);
      return count;
    }
    let count: number | null = null;
    this.#pending = this.#stream.read(target).then(
      (n) => this.#recordRead(count = n),
      this.#onReadError,
    );
    await this.#interruptibly(this.#pending);
    return count;
  }

  /** Reads although nobody waits, so that a peer that leaves is noticed.
   *
   * @param notice called once, when octets, the end or a failure arrive. Not called when nothing can
   * be read: after the end, or when the buffer is full */
  watch(notice: () => void): void {
    if (this.ended || this.failure !== undefined) return;
    if (this.#pending === undefined && this.buffer.full) return;
    this.#onNextRead = notice;
    void this.fill();
  }

  /** Rejects the wait that can be interrupted, or the next one if there is none. */
  interrupt(reason: unknown): void {
    if (this.#interrupt === undefined) this.#interruption = reason;
    else this.#interrupt(reason);
  }

  #read(): Promise<boolean> {
    if (this.ended || this.failure !== undefined) return Promise.resolve(false);
    return this.#stream.read(this.buffer.space()).then(this.#onRead, this.#onReadError);
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
    this.#pending = undefined;
    const notice = this.#onNextRead;
    this.#onNextRead = undefined;
    notice?.();
    return more;
  }

  async #interruptibly(pending: Promise<boolean>): Promise<boolean> {
    const interruption = Promise.withResolvers<never>();
    this.#interrupt = interruption.reject;
    if (this.#interruption !== undefined) interruption.reject(this.#interruption);
    this.#interruption = undefined;
    try {
      const more = await Promise.race([pending, interruption.promise]);
      if (this.failure !== undefined) throw this.failure;
      return more;
    } finally {
      this.#interrupt = undefined;
    }
  }
}
