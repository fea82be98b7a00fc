// Sources and readers that give the octets of a test in the sizes that it says.

import { ContentReader } from "../../src/content/content_reader.ts";
import type { ByteSource } from "../../src/content/byte_source.ts";
import { octets } from "../http1/decoding.ts";

/** A source of known octets that are read `step` at a time, then the end or a failure. */
export class ScriptedSource implements ByteSource {
  /** Octets that were read. */
  position = 0;
  /** Size of the target of each read. */
  readonly asked: number[] = [];
  readonly #wire: Uint8Array;
  readonly #step: number;
  readonly #failure: Error | undefined;

  constructor(wire: string | Uint8Array, step = Infinity, failure?: Error) {
    this.#wire = typeof wire === "string" ? octets(wire.replaceAll("|", "\r\n")) : wire;
    this.#step = step;
    this.#failure = failure;
  }

  read(target: Uint8Array): Promise<number | null> {
    this.asked.push(target.length);
    const left = this.#wire.length - this.position;
    if (left === 0) return this.#failure ? Promise.reject(this.#failure) : Promise.resolve(null);
    const count = Math.min(this.#step, target.length, left);
    target.set(this.#wire.subarray(this.position, this.position + count));
    this.position += count;
    return Promise.resolve(count);
  }
}

/** A source whose reads wait until the test gives them octets. */
export class HeldSource implements ByteSource {
  readonly #waiting: { target: Uint8Array; resolve: (count: number | null) => void }[] = [];

  /** Reads that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  read(target: Uint8Array): Promise<number | null> {
    const { promise, resolve } = Promise.withResolvers<number | null>();
    this.#waiting.push({ target, resolve });
    return promise;
  }

  /** Gives octets, or the end, to the oldest read. */
  give(wire: string | null): void {
    const { target, resolve } = this.#waiting.shift()!;
    if (wire === null) return resolve(null);
    target.set(octets(wire));
    resolve(wire.length);
  }
}

/** A reader of given pieces; an `Error` among them is thrown. */
export class PiecesReader extends ContentReader {
  /** Pieces that were pulled. */
  pulls = 0;
  readonly #pieces: (string | Error)[];

  constructor(...pieces: (string | Error)[]) {
    super();
    this.#pieces = pieces;
  }

  // deno-lint-ignore require-await -- so that an error becomes a rejection
  protected override async pull(): Promise<Uint8Array<ArrayBuffer> | null> {
    const piece = this.#pieces[this.pulls++];
    if (piece instanceof Error) throw piece;
    return piece === undefined ? null : octets(piece);
  }
}
