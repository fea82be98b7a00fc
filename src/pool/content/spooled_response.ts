// Takes pieces of a response in a temporary file while its client is slow, so that a worker that blocks can
// give all of it and is free. What does not fit is kept in memory behind the file, and its worker waits.

import { then } from "../../io/platform.ts";
import type { TemporaryFile } from "../../io/temporary_file.ts";

/** Octets that one response may have in its file where there is room. Beyond that it may have as much as it
 * leaves to all others, so that a response without an end does not fill the room that they share. */
const ALWAYS_ALLOWED = 16 * 1024 * 1024;
/** Octets of each read. */
const BLOCK = 64 * 1024;

/** Room for the pieces of responses. */
export interface ResponseRoom {
  /** Takes room in temporary files.
   *
   * @returns false when there is too little */
  takeFileRoom(octets: number): boolean;
  /** How much room is left. */
  fileRoom(): number;
  /** Gives room in files back. */
  freeFileRoom(octets: number): void;
  /** Makes a temporary file. */
  makeFile(): Promise<TemporaryFile>;
  /** Takes the error of a file that cannot be made, written or read. */
  fileFailed(error: unknown): void;
}

/** The octets that come next. */
export interface NextPiece {
  readonly piece: Uint8Array<ArrayBuffer> | undefined;
  readonly wasInFile: boolean;
}

/** The pieces of one response, first in, first out. */
export class SpooledResponse {
  readonly #room: ResponseRoom;
  /** Pieces that are not in the file: those that are being written, and those that do not fit. */
  readonly #unwritten: Uint8Array<ArrayBuffer>[] = [];
  #file: TemporaryFile | undefined;
  #written = 0;
  #read = 0;
  /** Whether what comes may go to the file: nothing before it is kept behind the file. */
  #mayWrite = true;
  #failed = false;
  #closed = false;
  /** The reads and writes of the file, one after the other. */
  #operations: Promise<unknown> = Promise.resolve();

  /** @param room where they go */
  constructor(room: ResponseRoom) {
    this.#room = room;
  }

  /** Whether it holds any. */
  get holdsPieces(): boolean {
    return !this.#closed && (this.#read < this.#written || this.#unwritten.length > 0);
  }

  /** Takes a piece.
   *
   * @returns whether it is in the file, and not in memory. Never rejects */
  add(piece: Uint8Array<ArrayBuffer>): Promise<boolean> {
    this.#unwritten.push(piece);
    return this.#inOrder(() => this.#write(piece));
  }

  /** Gives the next octets, which belong to the caller.
   *
   * @returns undefined when there are none
   * @throws the error of the file */
  next(): Promise<NextPiece> {
    return this.#inOrder(() => this.#next());
  }

  /** Frees the file. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unwritten.length = 0;
    void this.#inOrder(() => {
      this.#file?.close();
      this.#file = undefined;
      this.#room.freeFileRoom(this.#written);
      return Promise.resolve();
    });
  }

  async #next(): Promise<NextPiece> {
    const file = this.#file;
    if (file === undefined || this.#read === this.#written) {
      return { piece: this.#unwritten.shift(), wasInFile: false };
    }
    const block = new Uint8Array(Math.min(BLOCK, this.#written - this.#read));
    await file.seekTo(this.#read);
    const count = await file.read(block);
    if (count === null) throw new TypeError("Cannot read response: its temporary file is cut off");
    this.#read += count;
    if (this.#read === this.#written) this.#restart();
    return { piece: block.subarray(0, count), wasInFile: true };
  }

  /** Uses the file from its beginning again. */
  #restart(): void {
    this.#room.freeFileRoom(this.#written);
    this.#read = this.#written = 0;
    this.#mayWrite = !this.#failed;
  }

  async #write(piece: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (this.#closed || this.#unwritten[0] !== piece) return false; // it was given already
    const most = Math.max(ALWAYS_ALLOWED, this.#room.fileRoom());
    const fits = this.#mayWrite && this.#written + piece.length <= most;
    if (!fits || !this.#room.takeFileRoom(piece.length)) return this.#mayWrite = false;
    try {
      const file = this.#file ??= await this.#room.makeFile();
      await file.seekTo(this.#written);
      for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
      this.#written += piece.length;
      this.#unwritten.shift();
      return true;
    } catch (error) {
      this.#room.freeFileRoom(piece.length);
      this.#room.fileFailed(error);
      this.#failed = true;
      return this.#mayWrite = false;
    }
  }

  #inOrder<T>(operate: () => Promise<T>): Promise<T> {
    const operation = then(this.#operations, async () => await operate());
    this.#operations = then(operation, () => {}, () => {});
    return operation;
  }
}
