// Reads the content of one message from a source. A decoder says which octets are content; this file
// decides whether they pass through the buffer or are read past it. What is behind the message stays in
// the source.

import { caught, Promise as PlatformPromise } from "../io/platform.ts";
import {
  type ContentDecoder,
  type ContentLimits,
  createContentDecoder,
  DEFAULT_CONTENT_LIMITS,
} from "../http1/content_decoder.ts";
import type { FieldSection } from "../http1/field_section.ts";
import type { Framing } from "../http1/framing.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import type { ReceiveBuffer } from "../http1/receive_buffer.ts";
import { ContentReader } from "./content_reader.ts";
import { joinPieces } from "./concat.ts";
import type { GrowingBuffer } from "./growing_buffer.ts";
import { type BufferedSource, type ByteSource, toBufferedSource } from "./byte_source.ts";

/** Size of the first read past the buffer. A chunk with less than this still to come is read through the
 * buffer, where one read may bring several chunks. */
const MIN_DIRECT_SIZE = 16 * 1024;
/** Size that reads grow to while the peer fills them, unless the source says otherwise; each waiting read
 * holds so much memory. */
const MAX_DIRECT_SIZE = 64 * 1024;

/** Reads the content of one message (RFC 9112 §6). */
export class FramedReader extends ContentReader {
  readonly #source: BufferedSource;
  readonly #decoder: ContentDecoder;
  #directSize = MIN_DIRECT_SIZE;
  /** Storage of a read that brought few octets; the next read uses it again. */
  #spare: Uint8Array<ArrayBuffer> | undefined;
  /** The read that is under way. */
  #reading: Promise<unknown> | undefined;
  #trailers: PromiseWithResolvers<FieldSection> | undefined;
  /** Why the rest of the message cannot be read; known before the reader's caller sees it. */
  #failure: unknown;

  /** Makes a reader that has read nothing yet.
   *
   * @param source where the octets come from
   * @param framing how the content is delimited
   * @param limits bounds on what surrounds chunked content */
  constructor(
    source: ByteSource,
    framing: Framing,
    limits: ContentLimits = DEFAULT_CONTENT_LIMITS,
  ) {
    super();
    this.#source = toBufferedSource(source);
    this.#decoder = createContentDecoder(framing, limits);
  }

  /** Where the octets come from, with a buffer. What is behind the content stays in it: a reader that is
   * given this source begins there. */
  get source(): ByteSource {
    return this.#source;
  }

  /** Whether the whole message, trailers included, has been taken from the source. */
  get done(): boolean {
    return this.#decoder.done;
  }

  /** Octets of content still to be taken from the source; `Infinity` while the message does not say. */
  get remaining(): number {
    return this.#decoder.remaining;
  }

  /** Octets of content taken from the source so far. */
  get received(): number {
    return this.#decoder.received;
  }

  /** The trailer section (RFC 9110 §6.5), once all of the content has been taken from the source; empty when
   * there is none. Rejects when the content fails or the reader is closed before its end. */
  get trailers(): Promise<FieldSection> {
    if (this.#trailers === undefined) {
      this.#trailers = PlatformPromise.withResolvers();
      // The reads of the content reject too; a program need not look at the trailers as well.
      caught(this.#trailers.promise, () => {});
      this.#settleTrailers();
    }
    return this.#trailers.promise;
  }

  /** Closes the reader, then reads and drops the rest of the message, so that the next message can be
   * read. Waits first for a read that is under way.
   *
   * @param limit most octets to read, framing included
   * @returns whether the end of the message was reached
   * @throws {ProtocolError} when the framing is faulty or the message is cut off */
  async discard(limit: number): Promise<boolean> {
    const decoder = this.#decoder;
    const { buffer } = this.#source;
    super.close();
    try {
      if (decoder.remaining === Infinity || decoder.remaining <= limit) await this.#readingEnd();
      if (this.#failure !== undefined) throw this.#failure;
      for (let left = limit;;) {
        if (decoder.remaining !== Infinity && decoder.remaining > left) return false;
        const before = buffer.length;
        const step = decoder.take(buffer);
        left -= before - buffer.length;
        if (left < 0) return false;
        if (step === "done") return true;
        if (step === "need-data") await this.#fill();
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#settleTrailers();
    }
  }

  /** Ends reading, as {@linkcode ContentReader.close} does. */
  override close(): void {
    super.close();
    this.#settleTrailers();
  }

  /** Gives the next content octets that have arrived, or waits for some.
   *
   * @returns a piece of content, or null at the end */
  protected override pull(): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#noted(this.#pull());
  }

  /** Reads the next octets into a buffer.
   *
   * @param target takes the octets
   * @returns whether the message has ended */
  protected override pullInto(target: GrowingBuffer): Promise<boolean> {
    return this.#noted(this.#pullInto(target));
  }

  /** Takes all that is left, if all of it is in the buffer.
   *
   * @param keep whether the caller keeps the octets
   * @returns undefined when it must be waited for */
  protected override pullArrived(keep: boolean): Uint8Array<ArrayBuffer> | undefined {
    const { remaining } = this.#decoder;
    const { buffer } = this.#source;
    if (remaining === 0 || buffer.length < remaining) return undefined;
    const octets = this.#decoder.take(buffer) as Uint8Array<ArrayBuffer>;
    this.#settleTrailers();
    return keep ? octets.slice() : octets;
  }

  /** Octets that are still to come, as far as is known. */
  protected override get expected(): number {
    return this.#decoder.remaining;
  }

  /** Notes that a read is under way, and how it ends. */
  async #noted<T>(pulling: Promise<T>): Promise<T> {
    this.#reading = pulling;
    try {
      return await pulling;
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#settleTrailers();
      this.#reading = undefined;
    }
  }

  async #readingEnd(): Promise<void> {
    try {
      await this.#reading;
    } catch {
      // the caller looks at the failure
    }
  }

  async #pull(): Promise<Uint8Array<ArrayBuffer> | null> {
    for (;;) {
      const piece = this.#takeBuffered();
      if (piece !== undefined) return piece;
      if (this.#direct) return await this.#readDirect();
      await this.#fill();
    }
  }

  /** Takes what is in the buffer, then waits for more at once: a connection that sees no read under way
   * would read into its buffer. */
  async #pullInto(target: GrowingBuffer): Promise<boolean> {
    for (let waited = false;; waited = true) {
      const { size } = target;
      if (this.#takeInto(target) || target.room === 0) return this.done;
      if (waited && target.size > size) return false;
      if (this.#direct) {
        await this.#readDirectInto(target);
        return this.done;
      }
      await this.#fill();
    }
  }

  /** Takes all the content in the buffer for which there is room.
   *
   * @returns whether the message has ended */
  #takeInto(target: GrowingBuffer): boolean {
    const { buffer } = this.#source;
    while (target.room > 0) {
      const octets = this.#decoder.take(buffer, target.room);
      if (octets === "done") return true;
      if (octets === "need-data") return false;
      target.append(octets, true);
    }
    return false;
  }

  /** Reads past the buffer, as much as is missing. */
  async #readDirectInto(target: GrowingBuffer): Promise<void> {
    const { contiguous } = this.#decoder;
    const space = target.space(MIN_DIRECT_SIZE);
    let count: number | null = 0;
    while (count === 0) count = await this.#source.readInto(space.subarray(0, contiguous));
    if (count === null) throw this.#incomplete();
    this.#decoder.skip(count);
    target.commit(count);
  }

  /** All the content in the buffer as one piece, null at the end, undefined when there is none. */
  #takeBuffered(): Uint8Array<ArrayBuffer> | null | undefined {
    const decoder = this.#decoder;
    const { buffer } = this.#source;
    const first = decoder.take(buffer);
    if (first === "done") return null;
    if (first === "need-data") return undefined;
    const views = [first];
    // Small chunks are returned together; a view is valid until the buffer is filled again.
    while (buffer.length > 0) {
      const next = takeIfSound(decoder, buffer);
      if (typeof next === "string") break;
      views.push(next);
    }
    return views.length === 1 ? first.slice() : joinPieces(views);
  }

  /** Whether what comes next is better read past the buffer. */
  get #direct(): boolean {
    const { contiguous, remaining } = this.#decoder;
    return contiguous >= MIN_DIRECT_SIZE || contiguous === remaining;
  }

  async #readDirect(): Promise<Uint8Array<ArrayBuffer>> {
    const size = Math.min(this.#decoder.contiguous, this.#directSize);
    let target = this.#spare;
    this.#spare = undefined;
    if (target === undefined || target.length < size) target = new Uint8Array(size);
    let count: number | null = 0;
    while (count === 0) count = await this.#source.readInto(target.subarray(0, size));
    if (count === null) throw this.#incomplete();
    this.#decoder.skip(count);
    if (count === this.#directSize) {
      this.#directSize = Math.min(count * 2, this.#source.largestRead ?? MAX_DIRECT_SIZE);
    }
    if (count * 2 > target.length) return target.subarray(0, count);
    this.#spare = target; // a piece of few octets must not hold a whole block of memory
    return target.slice(0, count);
  }

  async #fill(): Promise<void> {
    if (this.#source.buffer.full) {
      // Only a trailer section has to be in the buffer as a whole.
      throw new ProtocolError(
        "trailer-too-large",
        431,
        "RFC 6585 §5",
        "Cannot read trailers: larger than the receive buffer",
      );
    }
    if (!await this.#source.fill()) throw this.#incomplete();
  }

  #incomplete(): ProtocolError {
    const { received, remaining } = this.#decoder;
    const found = remaining === Infinity
      ? `the source ended behind ${received} octets and before the last chunk`
      : `the source ended behind ${received} of ${received + remaining} octets`;
    return new ProtocolError(
      "incomplete-content",
      400,
      "RFC 9112 §8",
      `Cannot read content: ${found}`,
    );
  }

  #settleTrailers(): void {
    if (this.#trailers === undefined) return;
    if (this.#decoder.done) {
      this.#trailers.resolve(this.#decoder.trailers);
    } else if (this.#failure !== undefined) {
      this.#trailers.reject(this.#failure);
    } else if (this.closed) {
      this.#trailers.reject(
        new TypeError("Cannot read trailers: the reader was closed before the end of the content"),
      );
    }
  }
}

/** Takes more content. The next call throws a fault that is found here, so that the content before it is
 * not lost. */
function takeIfSound(
  decoder: ContentDecoder,
  buffer: ReceiveBuffer,
): Uint8Array<ArrayBuffer> | "need-data" | "done" {
  try {
    return decoder.take(buffer);
  } catch {
    return "need-data";
  }
}
