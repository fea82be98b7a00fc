// Request content inside a worker: either all of it came with the head, or it comes in pieces as fast as
// the application reads.

import { Promise, then } from "../../io/platform.ts";
import type { FieldSection } from "../../http1/field_section.ts";
import { ContentReader } from "../../content/content_reader.ts";
import { exactly, GrowingBuffer } from "../../content/growing_buffer.ts";
import { costOf, FIRST_CREDIT, ReceiveCredit } from "../wire/flow_control.ts";

/** Content that came with the head. */
export class WholeContentReader extends ContentReader {
  #octets: Uint8Array<ArrayBuffer> | null;

  /** @param octets all of the content */
  constructor(octets: Uint8Array<ArrayBuffer>) {
    super();
    this.#octets = octets;
  }

  /** Whether it has not been read. */
  get unread(): boolean {
    return this.#octets !== null;
  }

  /** Takes all that has not been read, without waiting.
   *
   * @returns octets; null when all have been read */
  takeUnread(): Uint8Array<ArrayBuffer> | null {
    const octets = this.#octets;
    this.#octets = null;
    return octets !== null && octets.length > 0 ? octets : null;
  }

  protected override pull(): Promise<Uint8Array<ArrayBuffer> | null> {
    return Promise.resolve(this.takeUnread());
  }

  protected override pullArrived(): Uint8Array<ArrayBuffer> | undefined {
    return this.takeUnread() ?? undefined;
  }

  protected override get expected(): number {
    return this.#octets?.length ?? 0;
  }
}

/** Octets below which a piece joins those that wait with it. An array for each costs half a kilobyte. */
const SMALL_PIECE = 4 * 1024;

/** Content that comes in pieces. */
export class PieceContentReader extends ContentReader {
  readonly #want: (cost: number) => void;
  readonly #expected: () => number;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  /** Small pieces, behind all others. */
  #small: GrowingBuffer | undefined;
  #taken = 0;
  readonly #credit = new ReceiveCredit();
  #requested = false;
  /** The trailer section, once all content has come. */
  #ended: FieldSection | undefined;
  #trailers: PromiseWithResolvers<FieldSection> | undefined;
  #failure: unknown;
  #waiting: (() => void) | undefined;
  /** Takes pieces as they come, in place of reads. */
  #take: ((octets: Uint8Array<ArrayBuffer>) => void | Promise<void>) | undefined;
  #pushed: PromiseWithResolvers<void> | undefined;
  #taking = false;

  /** @param want asks for more content, as its credit counts
   * @param expected tells how many octets there are in all; `Infinity` when that is not known */
  constructor(want: (cost: number) => void, expected: () => number) {
    super();
    this.#want = want;
    this.#expected = expected;
  }

  /** Takes the next piece. */
  push(piece: Uint8Array<ArrayBuffer>): void {
    if (this.#take !== undefined && !this.#taking) return this.#give(piece);
    this.#keep(piece);
    this.#wake();
  }

  /** Takes the end, and the trailer section. */
  end(trailers: FieldSection): void {
    this.#ended = trailers;
    this.#settleTrailers();
    this.#wake();
  }

  /** See {@linkcode Exchange.trailers}. */
  get trailers(): Promise<FieldSection> {
    if (this.#trailers === undefined) {
      this.#trailers = Promise.withResolvers();
      this.#trailers.promise.catch(() => {}); // the reads of the content reject too
      this.#settleTrailers();
    }
    return this.#trailers.promise;
  }

  override close(): void {
    super.close();
    this.#settleTrailers();
  }

  /** Asks for the first octets, if that has not happened. */
  request(): void {
    if (this.#requested || this.#failure !== undefined) return;
    this.#requested = true; // the first read is what sends 100 (Continue)
    this.#want(FIRST_CREDIT);
  }

  /** Drops what has not been read and says that nothing more is wanted: the exchange is over. */
  leave(): void {
    const isOver = this.#ended !== undefined;
    if (this.#failure !== undefined || (isOver && !this.#hasPieces)) return;
    if (this.#requested && !isOver) this.#want(0);
    this.#pieces.length = 0;
    this.#small = undefined;
    this.fail(new TypeError("Cannot read content: the exchange is over"));
  }

  /** Ends the content with an error; what has come already can be read. */
  fail(error: unknown): void {
    this.#failure ??= error;
    if (this.closed) this.#pushed?.resolve();
    this.#settleTrailers();
    this.#wake();
  }

  /** Closes this reader, because the application reads the content by blocking.
   *
   * @throws {TypeError} when the content is being read here already */
  closeForBlocking(): void {
    if (this.#requested) {
      throw new TypeError("Cannot block for content: it is being read asynchronously");
    }
    this.close();
  }

  override pushTo(
    take: (octets: Uint8Array<ArrayBuffer>) => void | Promise<void>,
  ): Promise<void> {
    this.#take = take;
    this.#pushed = Promise.withResolvers<void>();
    this.request();
    this.#giveNext();
    return this.#pushed.promise;
  }

  /** Gives what has come meanwhile. */
  #giveNext(): void {
    if (this.#take === undefined || this.#taking) return;
    const piece = this.#pieces.shift() ?? this.#takeSmall();
    if (piece !== undefined && !this.closed) this.#give(piece);
    else if (this.closed || this.#ended !== undefined) this.#pushed!.resolve();
    else if (this.#failure !== undefined) this.#pushed!.reject(this.#failure);
  }

  #give(piece: Uint8Array<ArrayBuffer>): void {
    this.#taken += piece.length;
    const { length } = piece;
    const taken = () => {
      this.#taking = false;
      this.#grant(costOf(length));
      this.#giveNext();
    };
    try {
      const wait = this.#take!(piece);
      if (wait === undefined) {
        this.#grant(costOf(length));
        return this.#hasMore ? this.#giveNext() : undefined;
      }
      this.#taking = true;
      then(wait, taken, (error) => this.#pushed!.reject(error));
    } catch (error) {
      this.#pushed!.reject(error);
    }
  }

  /** Whether pieces wait, or the end behind them: both may have come while a piece was being taken. */
  get #hasMore(): boolean {
    return this.#hasPieces || this.#ended !== undefined || this.#failure !== undefined;
  }

  get #hasPieces(): boolean {
    return this.#pieces.length > 0 || this.#small !== undefined;
  }

  protected override async pull(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.request();
    while (true) {
      const piece = this.#pieces.shift() ?? this.#takeSmall();
      if (piece !== undefined) {
        this.#taken += piece.length;
        this.#grant(costOf(piece.length));
        return piece;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended !== undefined) return null;
      await new Promise<void>((resolve) => this.#waiting = resolve);
    }
  }

  protected override get expected(): number {
    return this.#expected() - this.#taken;
  }

  #keep(piece: Uint8Array<ArrayBuffer>): void {
    if (piece.length < SMALL_PIECE) {
      if (this.#small === undefined) this.#small = new GrowingBuffer(Infinity);
      else this.#grant(costOf(0)); // behind another it costs its octets only
      return this.#small.append(piece, false);
    }
    const small = this.#takeSmall();
    if (small !== undefined) this.#pieces.push(small);
    this.#pieces.push(piece);
  }

  /** Lets the sender send more in place of what has been taken. */
  #grant(cost: number): void {
    const more = this.#credit.take(cost);
    if (more > 0) this.#want(more);
  }

  #takeSmall(): Uint8Array<ArrayBuffer> | undefined {
    const small = this.#small;
    this.#small = undefined;
    return small === undefined ? undefined : exactly(small.octets);
  }

  #settleTrailers(): void {
    if (this.#ended !== undefined) this.#trailers?.resolve(this.#ended);
    else if (this.#failure !== undefined) this.#trailers?.reject(this.#failure);
    else if (this.closed) {
      this.#trailers?.reject(new TypeError("Cannot read trailers: the content was closed"));
    }
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
    this.#giveNext();
  }
}
