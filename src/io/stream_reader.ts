// Octets from a socket into a receive buffer, one read at a time. A read can outlive the wait for it:
// a deadline interrupts whoever waits while the socket's own read goes on and its octets are kept, so
// an answer can still be sent on the same connection.

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
  /** Called when nobody waits and octets, the end or a failure arrive. */
  onUnawaited: () => void = () => {};

  readonly #stream: ByteStream;
  #reading = false;
  #resolve: ((more: boolean) => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;
  #interruption: unknown;

  constructor(stream: ByteStream, buffer: ReceiveBuffer) {
    this.#stream = stream;
    this.buffer = buffer;
  }

  /** Waits until more octets are in the buffer.
   *
   * @returns false when the peer sends no more
   * @throws the reason given to {@linkcode interrupt}, or the socket's error */
  fill(): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#interruption !== undefined) return reject(this.#takeInterruption());
      if (this.failure !== undefined) return reject(this.failure);
      if (this.ended) return resolve(false);
      this.#resolve = resolve;
      this.#reject = reject;
      if (!this.#reading) this.#read();
    });
  }

  /** Reads straight into `target`, past the buffer; only while the buffer is empty.
   *
   * @returns the number of octets, or null when the peer sends no more */
  async readInto(target: Uint8Array): Promise<number | null> {
    if (this.#reading || this.ended || this.failure !== undefined) {
      // A read into the buffer is under way: its octets come first.
      if (!await this.fill()) return null;
      const count = Math.min(target.length, this.buffer.length);
      target.set(this.buffer.bytes.subarray(this.buffer.start, this.buffer.start + count));
      this.buffer.consume(count);
      return count;
    }
    return await new Promise((resolve, reject) => {
      if (this.#interruption !== undefined) return reject(this.#takeInterruption());
      this.#reject = reject;
      this.#reading = true;
      this.#stream.read(target).then((count) => {
        const waiting = this.#reject === reject;
        this.#settleDirect(count);
        if (waiting) return resolve(count);
        // Interrupted meanwhile: whoever waited is gone, and so is the place of these octets in the
        // message. The connection only discards from here on.
      }, (error) => this.#failed(error));
    });
  }

  /** Begins to read although nobody waits, so that a peer that leaves is noticed. Does nothing while a
   * read is under way, after the end, or when the buffer is full. */
  watch(): void {
    if (this.#reading || this.ended || this.failure !== undefined || this.buffer.full) return;
    this.#read();
  }

  /** Rejects whoever waits, or whoever waits next, with `reason`. */
  interrupt(reason: unknown): void {
    const reject = this.#reject;
    this.#resolve = this.#reject = undefined;
    if (reject) reject(reason);
    else this.#interruption = reason;
  }

  #read(): void {
    this.#reading = true;
    this.#stream.read(this.buffer.space()).then(this.#arrived, this.#failed);
  }

  readonly #arrived = (count: number | null): void => {
    this.#reading = false;
    if (count === null) {
      this.ended = true;
    } else {
      this.buffer.commit(count);
      this.received += count;
    }
    const resolve = this.#resolve;
    if (resolve === undefined) return this.onUnawaited();
    this.#resolve = this.#reject = undefined;
    resolve(count !== null);
  };

  readonly #failed = (error: unknown): void => {
    this.#reading = false;
    this.failure = error;
    const reject = this.#reject;
    if (reject === undefined) return this.onUnawaited();
    this.#resolve = this.#reject = undefined;
    reject(error);
  };

  #settleDirect(count: number | null): void {
    this.#reading = false;
    this.#resolve = this.#reject = undefined;
    if (count === null) this.ended = true;
    else this.received += count;
  }

  #takeInterruption(): unknown {
    const reason = this.#interruption;
    this.#interruption = undefined;
    return reason;
  }
}
