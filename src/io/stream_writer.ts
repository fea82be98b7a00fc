// Octets from a send buffer to a socket, in order, one write at a time. What is put in while a write
// is under way goes out together in the next one. Whoever produces waits for `room`, so a peer that
// does not read stops the producer and never fills the memory.

import { SendBuffer } from "../http1/send_buffer.ts";
import type { ByteStream } from "./byte_stream.ts";

/** Most answers fit; the buffers grow for those that do not. There may be thousands of connections. */
const FIRST_SIZE = 512;

/** Collects small writes for a {@linkcode ByteStream} and sends them in order. */
export class StreamWriter {
  /** Where the next octets go; leave it by {@linkcode kick}. Ask anew after each kick. */
  buffer: SendBuffer;
  /** Octets sent so far. */
  sent = 0;
  /** Why writing failed for good, once it has. */
  failure: unknown;
  /** Called whenever all of a write has been given to the system. */
  onSent: () => void = () => {};
  /** Called once when writing fails. */
  onFailure: () => void = () => {};

  readonly #stream: ByteStream;
  readonly #size: number;
  #spare: SendBuffer;
  /** What is being written: a first part has gone already. */
  #rest: Uint8Array | undefined;
  #flushed:
    | { promise: Promise<void>; resolve: () => void; reject: (e: unknown) => void }
    | undefined;

  /** @param stream where the octets go
   * @param size octets to collect before a producer has to wait */
  constructor(stream: ByteStream, size: number) {
    this.#stream = stream;
    this.#size = size;
    this.buffer = this.#createBuffer();
    this.#spare = this.#createBuffer();
  }

  /** Octets taken so far, those that have not been sent included. */
  get taken(): number {
    return this.sent + (this.#rest === undefined ? 0 : this.#rest.length) + this.buffer.length;
  }

  /** Whether a write is under way. */
  get writing(): boolean {
    return this.#rest !== undefined;
  }

  /** Whether a producer may go on without waiting for {@linkcode room}. */
  get hasRoom(): boolean {
    return this.failure === undefined && this.buffer.length < this.#size;
  }

  /** Begins to send what was collected; waits for nothing. */
  kick(): void {
    if (this.#rest !== undefined || this.buffer.length === 0 || this.failure !== undefined) return;
    const full = this.buffer;
    this.buffer = this.#spare;
    this.#spare = full;
    this.#write(full.filled);
  }

  /** Sends what was collected and waits until all of it has gone.
   *
   * @throws the socket's error */
  flush(): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    this.kick();
    if (this.#rest === undefined) return Promise.resolve();
    return (this.#flushed ??= Promise.withResolvers<void>()).promise;
  }

  /** Waits when so much is collected that a producer should pause.
   *
   * @returns nothing when there is room, else a promise that resolves when there is
   * @throws the socket's error */
  room(): Promise<void> | undefined {
    return this.hasRoom ? undefined : this.flush();
  }

  /** Sends a piece behind what was collected. Small pieces are copied and may go later; a large one is
   * not copied beyond what fills the buffer, and must not be changed until the promise resolves.
   *
   * @throws the socket's error */
  write(piece: Uint8Array): Promise<void> | undefined {
    if (this.buffer.length + piece.length <= this.#size) {
      this.buffer.append(piece);
      return this.failure === undefined ? undefined : this.flush();
    }
    return this.#writeLarge(piece);
  }

  async #writeLarge(piece: Uint8Array): Promise<void> {
    // The collected head and the first content leave in one write.
    const first = Math.max(0, Math.min(piece.length, this.#size - this.buffer.length));
    this.buffer.append(piece.subarray(0, first));
    await this.flush();
    if (first === piece.length) return;
    this.#write(piece.subarray(first));
    await this.flush();
  }

  #write(data: Uint8Array): void {
    this.#rest = data;
    this.#stream.write(data).then(this.#written, this.#failed);
  }

  readonly #written = (count: number): void => {
    this.sent += count;
    const rest = this.#rest!;
    if (count < rest.length) return this.#write(rest.subarray(count));
    this.#rest = undefined;
    this.#spare.length = 0;
    if (this.#spare.bytes.length > this.#size * 4) this.#spare = this.#createBuffer();
    this.onSent();
    if (this.buffer.length > 0) return this.kick();
    this.#flushed?.resolve();
    this.#flushed = undefined;
  };

  readonly #failed = (error: unknown): void => {
    this.failure = error;
    this.#rest = undefined;
    this.buffer.length = this.#spare.length = 0;
    this.#flushed?.reject(error);
    this.#flushed = undefined;
    this.onFailure();
  };

  #createBuffer(): SendBuffer {
    return new SendBuffer(Math.min(FIRST_SIZE, this.#size));
  }
}
