// The frames between the server and a Python process: a size, a kind, the number of an exchange, a text and
// octets. Pure: a FrameWriter gives octets to send, a FrameReader is given those that came. worker.py has
// the same format.

import { Buffer } from "node:buffer";

/** Changes with every change of a frame; a part of the secret, so another version cannot join. */
export const FRAMES_VERSION = 1;

/** Kinds of frames to a process. */
export const ToProcess = {
  /** A request with all of its content. */
  exchange: 1,
  /** A piece of request content. */
  content: 2,
  /** The content cannot be read. text: `encodeFailure`. */
  contentFailed: 3,
  /** More response content may follow. text: how many octets in all. */
  credit: 4,
  /** The response is not wanted any more. text: why. */
  abort: 5,
  /** Nothing is held any more: stop. */
  stop: 6,
  /** Everything before has been sent as one batch. number: the batch's. */
  mark: 7,
  /** Variables that many requests have in common. number: theirs; text: JSON. */
  common: 8,
  /** What was taken back since a recall. number: the recall's; payload: the exchanges. */
  verdict: 9,
  /** A request whose content comes in pieces. */
  exchangePieces: 10,
  /** The content is complete. */
  contentEnd: 11,
} as const;

/** Kinds of frames from a process. */
export const FromProcess = {
  /** The first frame. text: the secret. */
  join: 1,
  /** The applications are loaded. */
  ready: 2,
  /** They could not be loaded. text: Python's traceback. */
  failed: 3,
  /** The batch with this number has been handled. text: CPU time in microseconds, or empty. */
  acknowledge: 4,
  /** A whole response. text: status and headers, one a line; payload: its content. */
  response: 5,
  /** A whole response without any content. */
  emptyResponse: 6,
  /** The head of a response whose content follows. */
  begin: 7,
  /** A piece of response content. */
  piece: 8,
  /** The response is complete. */
  end: 9,
  /** The exchange was given up before it was started. */
  cut: 10,
  /** The application has failed. text: Python's traceback. */
  applicationFailed: 11,
  /** A line for the log. text: JSON as in `encodeLog`. */
  log: 12,
  /** The process waits for content. */
  awaitContent: 13,
  /** The process waits until more response content may follow. text: how many octets it has sent. */
  awaitCredit: 14,
} as const;

/** Octets in front of the text: those behind the first word, kind, octets of the text, number. */
const HEADER = 17;
/** Octets behind the first word before the text. */
const BEHIND_SIZE = HEADER - 4;
const WORD = 2 ** 32;
/** Larger payloads are sent without a copy. */
const LARGEST_COPY = 16 * 1024;
/** The largest frame of a process is a piece with its head; anything larger is a fault. */
const LARGEST_FRAME = 1024 * 1024;
/** Octets that are read at once. */
const READ_SIZE = 128 * 1024;

/** Collects frames as octets to be sent one after the other. */
export class FrameWriter {
  #buffer: Buffer;
  #size = 0;
  readonly #chunks: Uint8Array[] = [];

  /** @param size octets that are expected */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(size, 1024));
  }

  /** Adds a frame.
   *
   * @param kind one of `ToProcess`
   * @param number the exchange's, or another
   * @param text text in `encoding`
   * @param payload octets; larger ones are not copied and must not be changed */
  add(
    kind: number,
    number: number,
    text: string,
    payload: Uint8Array | null = null,
    encoding: "latin1" | "utf-8" = "utf-8",
  ): void {
    const textSize = encoding === "latin1" ? text.length : Buffer.byteLength(text);
    const payloadSize = payload === null ? 0 : payload.length;
    const copies = payloadSize <= LARGEST_COPY;
    this.#reserve(HEADER + textSize + (copies ? payloadSize : 0));
    const buffer = this.#buffer;
    let at = this.#size;
    at = buffer.writeUInt32LE(BEHIND_SIZE + textSize + payloadSize, at);
    buffer[at++] = kind;
    at = buffer.writeUInt32LE(textSize, at);
    at = buffer.writeUInt32LE(number % WORD, at);
    at = buffer.writeUInt32LE(Math.floor(number / WORD), at);
    if (textSize > 0) at += buffer.write(text, at, textSize, encoding);
    if (payload !== null && copies) {
      buffer.set(payload, at);
      at += payloadSize;
    }
    this.#size = at;
    if (!copies) {
      this.#endChunk();
      this.#chunks.push(payload!);
    }
  }

  /** What has been added, as chunks to be sent in order. */
  take(): readonly Uint8Array[] {
    this.#endChunk();
    return this.#chunks;
  }

  #reserve(size: number): void {
    if (this.#size + size <= this.#buffer.length) return;
    this.#endChunk();
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(size, LARGEST_COPY));
  }

  #endChunk(): void {
    if (this.#size === 0) return;
    this.#chunks.push(this.#buffer.subarray(0, this.#size));
    this.#buffer = this.#buffer.subarray(this.#size) as Buffer;
    this.#size = 0;
  }
}

/** A frame of a process. The octets of text and payload are valid until the callback returns. */
export interface Frame {
  readonly kind: number;
  readonly number: number;
  /** The text, with one character for each octet. */
  readonly native: () => string;
  /** The text as UTF-8. */
  readonly text: () => string;
  /** The payload, in storage that no other frame uses. */
  readonly payload: () => Uint8Array<ArrayBuffer>;
}

/** Where octets come from. */
export interface OctetSource {
  read(octets: Uint8Array): Promise<number | null>;
}

/** Cuts octets into frames. It is itself the frame that its callback is given: there is one at a time. */
export class FrameReader implements Frame {
  readonly #source: OctetSource;
  readonly #usual = Buffer.allocUnsafeSlow(READ_SIZE);
  #storage: Buffer = this.#usual;
  #end = 0;
  #textAt = 0;
  #textEnd = 0;
  #frameEnd = 0;
  kind = 0;
  number = 0;

  /** @param source where octets come from */
  constructor(source: OctetSource) {
    this.#source = source;
  }

  /** Reads until the source ends, or `onFrame` returns false.
   *
   * @throws {RangeError} when a frame is too large, or smaller than its parts
   * @throws what the source throws */
  async readAll(onFrame: (frame: Frame) => boolean): Promise<void> {
    let at = 0;
    for (;;) {
      const storage = this.#storage;
      const needed = this.#end - at < HEADER ? HEADER : 4 + storage.readUInt32LE(at);
      if (needed > this.#end - at) {
        this.#makeRoom(at, needed);
        at = 0;
        const count = await this.#source.read(this.#storage.subarray(this.#end));
        if (count === null) return;
        this.#end += count;
        continue;
      }
      at = this.#enter(at);
      if (!onFrame(this)) return;
      if (storage !== this.#usual) { // it was made for this frame, and its payload may be in use
        this.#storage = this.#usual;
        at = this.#end = 0;
      }
    }
  }

  /** Cuts octets that are here already.
   *
   * @param octets whole frames; the reader is not used for anything else
   * @throws {RangeError} when a frame is smaller than its parts */
  readHere(octets: Uint8Array<ArrayBuffer>, onFrame: (frame: Frame) => boolean): void {
    this.#storage = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
    for (let at = 0; at + HEADER <= octets.length;) {
      at = this.#enter(at);
      if (at > octets.length || !onFrame(this)) return;
    }
  }

  /** Makes this the frame that begins there.
   *
   * @returns where it ends */
  #enter(at: number): number {
    const storage = this.#storage;
    const behind = storage.readUInt32LE(at);
    const textSize = storage.readUInt32LE(at + 5);
    if (BEHIND_SIZE + textSize > behind) {
      throw new RangeError(
        `Cannot read frame: ${textSize} octets of text do not fit into ${behind}`,
      );
    }
    this.kind = storage[at + 4];
    this.#textAt = at + HEADER;
    this.#textEnd = this.#textAt + textSize;
    this.number = storage.readUInt32LE(at + 9) + storage.readUInt32LE(at + 13) * WORD;
    return this.#frameEnd = at + 4 + behind;
  }

  readonly native = (): string => this.#storage.toString("latin1", this.#textAt, this.#textEnd);

  readonly text = (): string => this.#storage.toString("utf-8", this.#textAt, this.#textEnd);

  readonly payload = (): Uint8Array<ArrayBuffer> => {
    const storage = this.#storage;
    if (storage === this.#usual) {
      return new Uint8Array(storage.subarray(this.#textEnd, this.#frameEnd));
    }
    const { buffer } = storage as Buffer<ArrayBuffer>;
    return new Uint8Array(buffer, this.#textEnd, this.#frameEnd - this.#textEnd);
  };

  /** Moves what has come of a frame to the beginning of storage in which the frame has room. A large frame
   * gets storage of exactly its size, so that its payload is read to where it stays. */
  #makeRoom(at: number, needed: number): void {
    if (needed > LARGEST_FRAME) throw new RangeError(`Cannot read frame: it has ${needed} octets`);
    const storage = this.#storage;
    if (storage === this.#usual && needed > LARGEST_COPY && needed > this.#end - at) {
      this.#storage = Buffer.allocUnsafeSlow(needed);
      storage.copy(this.#storage, 0, at, this.#end);
    } else if (at > 0) storage.copyWithin(0, at, this.#end);
    this.#end -= at;
  }
}
