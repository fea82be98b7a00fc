// Takes in the whole content of a request for an application that blocks, so that a slow client takes no
// worker. The content goes to memory first and then to a temporary file. Where there is no room for it,
// the rest comes from the client while the application reads.

import { exactly, GrowingBuffer } from "../../content/growing_buffer.ts";
import type { TemporaryFile } from "../../io/temporary_file.ts";
import type { GatheredSource, PieceSource } from "./gathered_content.ts";

/** Octets in memory before they go to a file, and of each write and read. */
const BLOCK = 64 * 1024;
/** The same where no memory is left for waiting contents; so much each connection takes anyway. */
const SMALLEST_BLOCK = 4 * 1024;

/** Room for contents. */
export interface SpoolRoom {
  /** Takes memory.
   *
   * @returns false when there is too little */
  takeMemory(octets: number): boolean;
  /** Takes room in temporary files.
   *
   * @returns false when there is too little */
  takeFileRoom(octets: number): boolean;
  /** Gives room in files back. */
  freeFileRoom(octets: number): void;
  /** Makes a temporary file. */
  makeFile(): Promise<TemporaryFile>;
  /** Takes the error of a file that cannot be made or written. */
  fileFailed(error: unknown): void;
}

/** The content of one request, taken in before its application gets it. */
export class SpooledContent implements PieceSource {
  readonly #content: GatheredSource;
  readonly #room: SpoolRoom;
  /** Whether all of it may go to the worker together with the head. */
  readonly #short: boolean;
  #buffer: GrowingBuffer;
  /** Whether octets may still go to a file. */
  #mayWrite = true;
  #file: TemporaryFile | undefined;
  /** Octets in the file. What a failed write has put behind them does not count. */
  #written = 0;
  #ended = false;
  #closed = false;
  #busy = false;
  /** Octets that were given as pieces, from the file and from the buffer. */
  #givenOfFile = 0;
  #givenOfBuffer = 0;

  /** @param content where it comes from
   * @param length octets of all of it; `Infinity` when that is not known
   * @param room where it goes */
  constructor(content: GatheredSource, length: number, room: SpoolRoom) {
    this.#content = content;
    this.#room = room;
    this.#short = length <= BLOCK;
    const block = Math.min(length, BLOCK);
    this.#buffer = new GrowingBuffer(room.takeMemory(block) ? block : SMALLEST_BLOCK);
  }

  /** Takes it in, as far as there is room.
   *
   * @returns all octets when they are few; true when they come from {@linkcode readPiece}
   * @throws what the content fails with */
  async gather(): Promise<Uint8Array<ArrayBuffer> | true> {
    while (!this.#closed) {
      const buffer = this.#buffer;
      while (!this.#ended && !this.#closed && buffer.room > 0) {
        this.#ended = await this.#content.readSome(buffer);
      }
      if (this.#ended || this.#closed) break;
      if (await this.#write()) continue;
      if (this.#closed || !this.#room.takeMemory(BLOCK)) break;
      buffer.limit += BLOCK;
    }
    const whole = this.#short && this.#ended && this.#written === 0;
    return whole ? exactly(this.#buffer.octets) : true;
  }

  async readPiece(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#givenOfFile < this.#written) return await this.#readFile();
    const given = this.#givenOfBuffer;
    if (given < this.#buffer.size) {
      const piece = this.#buffer.octets.slice(given, given + BLOCK);
      this.#givenOfBuffer += piece.length;
      return piece;
    }
    return this.#ended ? null : await this.#content.readPiece();
  }

  /** Frees the file. */
  close(): void {
    this.#closed = true;
    if (!this.#busy) this.#closeFile();
  }

  /** Moves the buffer's octets to the file.
   *
   * @returns false when they have to stay in memory */
  async #write(): Promise<boolean> {
    const { octets } = this.#buffer;
    if (!this.#mayWrite || !this.#room.takeFileRoom(octets.length)) return this.#mayWrite = false;
    this.#busy = true;
    try {
      const file = this.#file ??= await this.#room.makeFile();
      for (let at = 0; at < octets.length;) at += await file.write(octets.subarray(at));
      this.#written += octets.length;
      this.#buffer = new GrowingBuffer(octets.length, octets);
      return true;
    } catch (error) {
      this.#room.freeFileRoom(octets.length);
      this.#room.fileFailed(error);
      return this.#mayWrite = false;
    } finally {
      this.#busy = false;
      if (this.#closed) this.#closeFile();
    }
  }

  async #readFile(): Promise<Uint8Array<ArrayBuffer>> {
    const file = this.#file;
    if (file === undefined) throw new TypeError("Cannot read content: the exchange is over");
    const piece = new Uint8Array(Math.min(BLOCK, this.#written - this.#givenOfFile));
    this.#busy = true;
    try {
      if (this.#givenOfFile === 0) await file.seekTo(0);
      const count = await file.read(piece);
      if (count === null) throw new TypeError("Cannot read content: its temporary file is cut off");
      this.#givenOfFile += count;
      return piece.subarray(0, count);
    } finally {
      this.#busy = false;
      if (this.#closed || this.#givenOfFile === this.#written) this.#closeFile();
    }
  }

  #closeFile(): void {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    this.#room.freeFileRoom(this.#written);
  }
}
