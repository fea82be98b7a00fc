// Reads content piece by piece, by size, by line or as a web stream, all over one operation: the next
// piece. Derived classes know where pieces come from and where content ends.

import { clearTimeout, Promise as PlatformPromise, setTimeout } from "../io/platform.ts";
import { resolveSize } from "./read_size.ts";
import { joinPieces } from "./concat.ts";
import { exactly, GrowingBuffer } from "./growing_buffer.ts";

const LF = 0x0a;
/** The platform's own: an application may replace the global. */
const PlatformStream = ReadableStream;
const EMPTY = new Uint8Array(0);

/** Milliseconds within which an application that reads on asks for the next piece. */
const LONGEST_PAUSE = 2_000;

/** Reads content.
 *
 * Octets that a method returned belong to the caller: nothing else keeps them. One read can be under way
 * at a time. After a failure every read rejects with the same error. */
export abstract class ContentReader implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  /** Octets that were pulled and have not been read. */
  #unread: Uint8Array<ArrayBuffer> = EMPTY;
  #state: "open" | "ended" | "failed" | "closed" = "open";
  #closedBecause = "the reader is closed";
  #failure: unknown;
  #reading = false;
  /** Called when a read begins and when it ends. */
  #onRead: (() => void) | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;

  /** Gives the next piece of content. The reader never calls it again while it is under way, after it gave
   * null or after it failed.
   *
   * @returns octets that nothing else keeps, at least one; or null at the end */
  protected abstract pull(): Promise<Uint8Array<ArrayBuffer> | null>;

  /** Reads the next octets into a buffer that has room. Derived classes that can read without a piece
   * between override this.
   *
   * @param target takes at least one octet, unless the content has ended
   * @returns whether the content is known to have ended
   *
   * @internal */
  protected async pullInto(target: GrowingBuffer): Promise<boolean> {
    const piece = await this.pull();
    if (piece === null) return true;
    this.#append(target, piece);
    return false;
  }

  /** Gives all content that is left, if it has arrived. Derived classes that can know override this.
   *
   * @param _keep whether the caller keeps the octets; else they are used before anything is waited for
   * @returns undefined when it must be waited for
   *
   * @internal */
  protected pullArrived(_keep: boolean): Uint8Array<ArrayBuffer> | undefined {
    return undefined;
  }

  /** Octets that are still to come; `Infinity` when that is not known.
   *
   * @internal */
  protected get expected(): number {
    return Infinity;
  }

  /** Whether the reader was closed. */
  get closed(): boolean {
    return this.#state === "closed";
  }

  /** Why reading failed, once it has. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Reads the next piece, in the size in which it comes.
   *
   * @returns a piece of content, or null at the end */
  async readPiece(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.#startRead();
    try {
      return await this.#next();
    } finally {
      this.#endRead();
    }
  }

  /** Gives each piece to `take` as it comes, and waits for the promise of that before the next. Nothing else may
   * read meanwhile. Derived classes that can do it with fewer promises override this.
   *
   * @param take takes octets that are valid until its promise resolves, else until it returns
   * @returns a promise of the end, or of the close of this reader
   * @throws what the source fails with, or `take` throws
   *
   * @internal */
  async pushTo(
    take: (octets: Uint8Array<ArrayBuffer>) => void | Promise<void>,
  ): Promise<void> {
    for (let piece; !this.closed && (piece = await this.readPiece()) !== null;) await take(piece);
  }

  /** Reads `size` octets, fewer only at the end.
   *
   * @param size octets to read; all that are left when it is left out, -1 or `Infinity`
   * @returns the octets; none at the end
   * @throws {RangeError} when `size` is not a count */
  async read(size?: number): Promise<Uint8Array<ArrayBuffer>> {
    const target = new GrowingBuffer(resolveSize(size));
    await this.readInto(target);
    return exactly(target.octets);
  }

  /** Reads all that is left.
   *
   * @returns octets that belong to the caller; their storage may be longer
   * @throws {TypeError} when the reader is closed meanwhile
   *
   * @internal */
  async readAll(): Promise<Uint8Array<ArrayBuffer>> {
    const target = new GrowingBuffer(Infinity);
    await this.readInto(target);
    if (this.closed) throw this.#closedError();
    return target.octets;
  }

  /** Reads all that is left without waiting, if it has arrived.
   *
   * @param keep whether the caller keeps the octets; else it must use them before it waits for anything
   * @returns undefined when it must be waited for with {@linkcode readAll}
   *
   * @internal */
  takeAll(keep: boolean): Uint8Array<ArrayBuffer> | undefined {
    if (this.#reading || this.#state !== "open" || this.#unread.length > 0) return undefined;
    const octets = this.pullArrived(keep);
    if (octets !== undefined) this.#state = "ended";
    return octets;
  }

  /** Reads into a buffer until that is full or the content ends.
   *
   * @param target takes the octets
   *
   * @internal */
  async readInto(target: GrowingBuffer): Promise<void> {
    this.#startRead();
    try {
      while (target.room > 0 && !await this.#nextInto(target));
    } finally {
      this.#endRead();
    }
  }

  /** Reads the next octets into a buffer that has room, as many as come at once.
   *
   * @param target takes the octets
   * @returns whether the content has ended
   *
   * @internal */
  async readSome(target: GrowingBuffer): Promise<boolean> {
    this.#startRead();
    try {
      return await this.#nextInto(target);
    } finally {
      this.#endRead();
    }
  }

  /** Reads to the end of a line.
   *
   * @param size most octets to read, so that a long line is read by several calls; no bound when it is left
   * out, -1 or `Infinity`
   * @returns the line with its LF, if it has one; nothing at the end
   * @throws {RangeError} when `size` is not a count */
  async readline(size?: number): Promise<Uint8Array<ArrayBuffer>> {
    const most = resolveSize(size);
    this.#startRead();
    try {
      return await this.#nextLine(most);
    } finally {
      this.#endRead();
    }
  }

  /** Reads lines.
   *
   * @param hint stops behind the line that brings the octets read to this number; all lines when it is left
   * out, -1, 0 or `Infinity`
   * @returns the lines
   * @throws {RangeError} when `hint` is not a count */
  async readlines(hint?: number): Promise<Uint8Array<ArrayBuffer>[]> {
    const enough = resolveSize(hint) || Infinity;
    this.#startRead();
    try {
      const lines: Uint8Array<ArrayBuffer>[] = [];
      for (let total = 0; total < enough;) {
        const line = await this.#nextLine(Infinity);
        if (line.length === 0) break;
        lines.push(line);
        total += line.length;
      }
      return lines;
    } finally {
      this.#endRead();
    }
  }

  /** Reads line by line. A loop that is left early leaves the other lines to be read.
   *
   * @returns the lines, each with its LF */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    for (;;) {
      const line = await this.readline();
      if (line.length === 0) return;
      yield line;
    }
  }

  /** The content as a web stream, which reads only when it is asked for a piece. Cancelling it closes
   * the reader. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new PlatformStream({
      pull: async (controller) => {
        const piece = await this.readPiece();
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
  }

  /** How many octets are still to come from the stream of this content, so that a response can declare them.
   *
   * @param stream any stream
   * @returns undefined for another stream, and when the length is not known
   *
   * @internal */
  lengthBehind(stream: ReadableStream): number | undefined {
    if (stream !== this.#readable || this.#state !== "open") return undefined;
    const length = this.#unread.length + this.expected;
    return length === Infinity ? undefined : length;
  }

  /** Ends reading and drops what has not been read; a read that is under way still ends. The source stays
   * open: its owner closes it. */
  close(): void {
    this.#state = "closed";
    this.#unread = EMPTY;
    this.#onRead?.();
  }

  /** Closes the reader because the exchange is over; a read that begins later says so.
   *
   * @internal */
  closeWithExchange(): void {
    if (this.#state !== "closed") this.#closedBecause = "the exchange is over";
    this.close();
  }

  /** Whether content is left and a program may be reading it: a read is under way, or its stream has a
   * reader, which begins to read a moment later.
   *
   * @internal */
  get inUse(): boolean {
    return this.#state === "open" && (this.#reading || this.#readable?.locked === true);
  }

  /** Waits for the read that is under way and for those that follow it without a long pause.
   *
   * @internal */
  async untilLeft(): Promise<void> {
    if (!this.#reading) await new PlatformPromise((resolve) => setTimeout(resolve, 0));
    while (this.#reading) {
      await this.#nextChange();
      if (this.#state === "closed") return;
      // A program that reads to the end asks again at once, or when it has handled the piece.
      if (this.#state === "open" && !this.#reading) {
        await this.#nextChange(LONGEST_PAUSE);
      }
    }
  }

  async #nextChange(longest?: number): Promise<void> {
    const { promise, resolve } = PlatformPromise.withResolvers<void>();
    this.#onRead = resolve;
    const timer = longest === undefined ? undefined : setTimeout(resolve, longest);
    await promise;
    clearTimeout(timer);
  }

  #endRead(): void {
    this.#reading = false;
    this.#onRead?.();
  }

  #closedError(): TypeError {
    return new TypeError(`Cannot read content: ${this.#closedBecause}`);
  }

  #startRead(): void {
    if (this.#reading) throw new TypeError("Cannot read content: another read is under way");
    if (this.closed) throw this.#closedError();
    this.#reading = true;
    this.#onRead?.();
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#unread.length > 0) {
      const unread = this.#unread;
      this.#unread = EMPTY;
      return unread;
    }
    switch (this.#state) {
      case "failed":
        throw this.#failure;
      case "ended":
      case "closed":
        return null;
    }
    try {
      const piece = await this.pull();
      if (piece === null && !this.closed) this.#state = "ended";
      return piece;
    } catch (error) {
      if (!this.closed) this.#state = "failed";
      this.#failure = error;
      throw error;
    }
  }

  /** Reads the next octets into a buffer.
   *
   * @returns whether there are no more */
  async #nextInto(target: GrowingBuffer): Promise<boolean> {
    const unread = this.#unread;
    target.expected = Math.min(target.expected, target.size + unread.length + this.expected);
    if (unread.length > 0) {
      this.#unread = EMPTY;
      this.#append(target, unread);
      return false;
    }
    switch (this.#state) {
      case "failed":
        throw this.#failure;
      case "ended":
      case "closed":
        return true;
    }
    try {
      const ended = await this.pullInto(target);
      if (ended && !this.closed) this.#state = "ended";
      return ended;
    } catch (error) {
      if (!this.closed) this.#state = "failed";
      this.#failure = error;
      throw error;
    }
  }

  /** Adds a piece to a buffer and keeps what does not fit for the next read. */
  #append(target: GrowingBuffer, piece: Uint8Array<ArrayBuffer>): void {
    const { room } = target;
    if (piece.length <= room) return target.append(piece, false);
    if (!this.closed) this.#unread = piece.subarray(room);
    target.append(piece.subarray(0, room), true);
  }

  async #nextLine(most: number): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let missing = most; missing > 0;) {
      const piece = await this.#next();
      if (piece === null) break;
      const at = piece.indexOf(LF);
      const count = at < 0 ? missing : Math.min(at + 1, missing);
      pieces.push(this.#takeFirst(piece, count));
      if (at >= 0) break;
      missing -= piece.length;
    }
    return joinPieces(pieces);
  }

  /** Returns the first `count` octets of `piece` and keeps the others for the next read. */
  #takeFirst(piece: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
    if (count >= piece.length) return piece;
    if (!this.closed) this.#unread = piece.subarray(count);
    return piece.slice(0, count); // a copy: the caller may transfer its buffer
  }
}
