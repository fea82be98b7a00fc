// Awaits small content before a worker gets the request, so that slow clients take no worker. Content that
// has not come after a moment goes to the worker in pieces, because its handler may respond without it.

import { Promise, then } from "../../io/platform.ts";
import { exactly, GrowingBuffer } from "../../content/growing_buffer.ts";
import type { Clock } from "../../io/clock.ts";

/** Milliseconds between two ticks; the second tick that sees an exchange ends its moment. Content behind a
 * head comes within a round trip, and a person does not notice so short a wait. */
const MOMENT = 20;
/** Ticks in a row without content to wait for before the ticks end. Starting them anew costs as much as
 * hundreds of them. */
const MAX_IDLE_TICKS = 50;
/** Where the content of a request is read piece by piece. */
export interface PieceSource {
  /** Reads the next piece.
   *
   * @returns octets that belong to the caller, or null at the end */
  readPiece(): Promise<Uint8Array<ArrayBuffer> | null>;
}

/** Where content is gathered from. */
export interface GatheredSource extends PieceSource {
  /** Reads what comes next into a buffer.
   *
   * @returns whether the content has ended */
  readSome(target: GrowingBuffer): Promise<boolean>;
}

/** The content of one request, in one buffer while it is awaited. */
export class GatheredContent implements PieceSource {
  readonly #content: GatheredSource;
  readonly #buffer: GrowingBuffer;
  /** Octets that were given as pieces. */
  #given = 0;
  /** The read that was under way when the moment was over. */
  #reading: Promise<boolean> | undefined;
  #endMoment: ((octets: true) => void) | undefined;

  /** @param content where it comes from
   * @param length octets of all of it
   * @param storage where it goes; memory that grows as octets arrive without this */
  constructor(content: GatheredSource, length: number, storage?: Uint8Array) {
    this.#content = content;
    this.#buffer = new GrowingBuffer(length, storage);
  }

  /** Whether it has come, has failed, or goes to the worker in pieces. */
  get settled(): boolean {
    return this.#endMoment === undefined;
  }

  /** Waits for all of it.
   *
   * @returns all octets; true when they go to the worker in pieces
   * @throws what the content fails with, unless it goes to the worker in pieces */
  gather(): Promise<Uint8Array<ArrayBuffer> | true> {
    return new Promise((resolve, reject) => {
      this.#endMoment = resolve;
      then(this.#readAll(), (octets) => {
        this.#endMoment = undefined;
        if (octets !== undefined) resolve(octets);
      }, (error) => {
        if (this.settled) return; // the read behind readPiece fails with it
        this.#endMoment = undefined;
        reject(error);
      });
    });
  }

  /** Ends the wait: what is missing comes from {@linkcode readPiece}. */
  endMoment(): void {
    const end = this.#endMoment;
    this.#endMoment = undefined;
    end?.(true);
  }

  async readPiece(): Promise<Uint8Array<ArrayBuffer> | null> {
    const buffer = this.#buffer;
    if (this.#given === buffer.size && this.#reading !== undefined) {
      const reading = this.#reading;
      this.#reading = undefined;
      await reading;
    }
    if (this.#given === buffer.size) return await this.#content.readPiece();
    const piece = buffer.octets.slice(this.#given);
    this.#given = buffer.size;
    return piece;
  }

  /** @returns undefined when the moment was over before */
  async #readAll(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const buffer = this.#buffer;
    for (let ended = false; !ended && buffer.room > 0;) {
      this.#reading = this.#content.readSome(buffer);
      ended = await this.#reading;
      if (this.settled) return undefined;
      this.#reading = undefined;
    }
    const { octets } = buffer;
    return octets.buffer instanceof SharedArrayBuffer ? octets : exactly(octets);
  }
}

/** Ends the moments of contents that have not come. */
export class ContentMoments {
  readonly #clock: Clock;
  readonly #mayEnd: () => boolean;
  /** Contents that no tick has seen. */
  #fresh: GatheredContent[] = [];
  #seen: GatheredContent[] = [];
  #idleTicks = 0;
  #ticks: { stop(): void } | undefined;

  /** @param clock measures the moments
   * @param mayEnd whether handlers may run without their content: a thread that blocks until it comes
   * serves no other client */
  constructor(clock: Clock, mayEnd: () => boolean) {
    this.#clock = clock;
    this.#mayEnd = mayEnd;
  }

  /** Ends a content's moment when it is over. */
  watch(content: GatheredContent): void {
    this.#fresh.push(content);
    this.#ticks ??= this.#clock.every(MOMENT, () => this.#tick());
  }

  /** Ends the ticks. */
  close(): void {
    this.#ticks?.stop();
    this.#ticks = undefined;
    this.#fresh = [];
    this.#seen = [];
  }

  #tick(): void {
    const late = this.#seen;
    this.#seen = this.#fresh.filter((content) => !content.settled);
    this.#fresh = [];
    if (late.length > 0 && this.#mayEnd()) { for (const content of late) content.endMoment(); }
    this.#idleTicks = this.#seen.length === 0 ? this.#idleTicks + 1 : 0;
    if (this.#idleTicks > MAX_IDLE_TICKS) this.close();
  }
}
