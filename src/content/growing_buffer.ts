// Collects octets in one buffer that grows as they arrive. A declared length bounds it and sizes it, but
// memory is only taken in proportion to what has come: a length that lies costs nothing.

/** Octets of storage at first. */
const FIRST_SIZE = 1024;
/** The same, where the number of octets is known: most contents that do not come with the head are larger. */
const FIRST_EXPECTED_SIZE = 16 * 1024;
/** How much larger the storage becomes when it is full. A declared length is probably true, and large reads
 * save turns of the event loop. */
const GROWTH = 2;
const EXPECTED_GROWTH = 8;

const EMPTY = new Uint8Array(0);

/** One buffer for octets that come in parts. A reader reads into it with `readInto` and `readSome`. */
export class GrowingBuffer {
  /** Most octets that it takes. */
  limit: number;
  /** Octets that will be in it, as far as is known; `Infinity` when it is not. */
  expected: number = Infinity;
  #storage: Uint8Array<ArrayBuffer>;
  #size = 0;

  /** Makes an empty buffer.
   *
   * @param limit most octets that it takes; `Infinity` for no limit
   * @param storage where the octets go while they fit; memory that it takes itself without this */
  constructor(limit: number, storage: Uint8Array = EMPTY) {
    this.limit = limit;
    this.#storage = storage as Uint8Array<ArrayBuffer>; // shared memory is used like any other
  }

  /** Octets that are in it. */
  get size(): number {
    return this.#size;
  }

  /** Octets that it still takes. */
  get room(): number {
    return this.limit - this.#size;
  }

  /** All octets; a view of the storage, which may be longer. */
  get octets(): Uint8Array<ArrayBuffer> {
    return this.#size === this.#storage.length
      ? this.#storage
      : this.#storage.subarray(0, this.#size);
  }

  /** Storage for the next octets; only while there is {@linkcode room}. Views that were given out before
   * keep their octets.
   *
   * @param least octets that there is to be room for, if the limit allows
   * @returns at least one octet, and at most as many as there is room for */
  space(least = 1): Uint8Array<ArrayBuffer> {
    const needed = Math.min(
      this.#size + least,
      this.limit,
      Math.max(this.#size + 1, this.expected),
    );
    if (needed > this.#storage.length) this.#grow(needed, this.#size);
    return this.#storage.subarray(this.#size, Math.min(this.#storage.length, this.limit));
  }

  /** Notes that octets were put into the last {@linkcode space}.
   *
   * @param count how many */
  commit(count: number): void {
    this.#size += count;
  }

  /** Adds octets; only as many as there is room for. The first ones of an array that nothing else keeps
   * become the storage without a copy, unless that is larger already.
   *
   * @param octets what is added
   * @param kept whether something else keeps the array */
  append(octets: Uint8Array<ArrayBuffer>, kept: boolean): void {
    const size = this.#size + octets.length;
    if (this.#size === 0 && !kept && octets.length >= this.#storage.length) {
      this.#storage = octets;
    } else {
      if (size > this.#storage.length) this.#grow(size, size);
      this.#storage.set(octets, this.#size);
    }
    this.#size = size;
  }

  #grow(needed: number, arrived: number): void {
    const [first, growth] = this.expected === Infinity
      ? [FIRST_SIZE, GROWTH]
      : [FIRST_EXPECTED_SIZE, EXPECTED_GROWTH];
    const size = Math.max(first, needed, arrived * growth);
    const storage = new Uint8Array(Math.min(this.limit, Math.max(needed, this.expected), size));
    storage.set(this.octets);
    this.#storage = storage;
  }
}

/** Gives octets storage of exactly their size, as a caller may transfer it. */
export function exactly(octets: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return octets.length === octets.buffer.byteLength ? octets : octets.slice();
}
