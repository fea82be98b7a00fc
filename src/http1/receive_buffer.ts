// Holds the octets that have arrived and have not been parsed yet, in one bounded array. It is filled at
// the end and consumed from the front. Parsers look at `bytes[start..end)` and `consume` what they have
// read.

/** Most request heads fit into so many octets, and most connections that wait hold no more. */
const FIRST_SIZE = 1024;
/** The same for a connection of which a read has filled the first storage. The heads of one client have
 * similar sizes, and a second read for each of them would take longer than parsing it. */
const SECOND_SIZE = 4 * 1024;

const NO_OCTETS = new Uint8Array(0);

/** A bounded first-in, first-out buffer of octets. */
export class ReceiveBuffer {
  /** The storage; only `bytes[start..end)` holds data. Replaced when the buffer grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Index of the first octet that has not been taken. */
  start = 0;
  /** Index behind the last octet that has arrived. */
  end = 0;
  readonly #usualSize: number;
  readonly #maxSize: number;
  readonly #lent: boolean;
  /** Octets of storage while reads do not fill it. */
  #smallSize: number;
  /** Whether the last read filled all the space. */
  #filled = false;
  /** Where the last `space()` began. */
  #spaceStart = 0;

  /** Makes an empty buffer.
   *
   * @param usualSize usual octets of storage
   * @param maxSize octets that it may grow to
   * @param lent whether the storage is lent and small while reads do not fill it: most connections never
   * need more, and there may be thousands. {@linkcode release} gives it back */
  constructor(usualSize: number, maxSize: number = usualSize, lent: boolean = false) {
    this.#usualSize = usualSize;
    this.#maxSize = Math.max(usualSize, maxSize);
    this.#lent = lent;
    this.#smallSize = lent ? Math.min(FIRST_SIZE, usualSize) : usualSize;
    this.bytes = this.#allocate(this.#smallSize);
  }

  /** Number of octets that have not been taken. */
  get length(): number {
    return this.end - this.start;
  }

  /** Whether neither moving nor growing can make room for another octet. */
  get full(): boolean {
    return this.length >= this.#maxSize;
  }

  /** Takes `count` octets off the front. */
  consume(count: number): void {
    this.start += count;
    if (this.start === this.end) this.start = this.end = 0;
  }

  /** Free space behind the data, for the next read. Without free space it moves the data to the front or
   * enlarges the storage. The result is empty only when the buffer is full.
   *
   * Views that were given out earlier are not valid afterwards. */
  space(): Uint8Array<ArrayBuffer> {
    const { length } = this.bytes;
    if (this.end === length) {
      if (this.start > 0) {
        this.bytes.copyWithin(0, this.start, this.end);
      } else if (length < this.#maxSize) {
        this.#grow(length < this.#usualSize ? this.#usualSize : length * 2);
      }
      this.end -= this.start;
      this.start = 0;
    } else if (this.end === 0) {
      // Large content is read in large pieces. Nothing needs the storage of a large head any more.
      if (this.#filled ? length !== this.#usualSize : length > this.#smallSize) {
        const size = this.#filled ? this.#usualSize : this.#smallSize;
        this.#giveBack();
        this.bytes = this.#allocate(size);
      }
    }
    this.#spaceStart = this.end;
    return this.end === 0 ? this.bytes : this.bytes.subarray(this.end);
  }

  /** Records that `count` octets were put into the last `space()`. The data before them may have been
   * consumed in the meantime. */
  commit(count: number): void {
    if (this.start === this.end) this.start = this.end = this.#spaceStart;
    this.end += count;
    this.#filled = this.end === this.bytes.length;
    if (this.#filled && this.#smallSize < SECOND_SIZE) {
      this.#smallSize = Math.min(SECOND_SIZE, this.#usualSize);
    }
  }

  /** Gives lent storage back, at the end of a connection. Octets that were not taken stay readable. Not
   * while a read is in progress. */
  release(): void {
    if (this.length > 0) return;
    this.#giveBack();
    this.bytes = NO_OCTETS;
  }

  #grow(size: number): void {
    const { bytes } = this;
    const grown = this.#allocate(Math.min(size, this.#maxSize));
    grown.set(bytes);
    this.#giveBack();
    this.bytes = grown;
  }

  #allocate(size: number): Uint8Array<ArrayBuffer> {
    return this.#lent && size <= this.#usualSize ? takeArray(size) : new Uint8Array(size);
  }

  #giveBack(): void {
    const { length } = this.bytes;
    if (this.#lent && length > 0 && length <= this.#usualSize) giveArrayBack(this.bytes);
  }
}

// Arrays that are not in use. To allocate one takes as long as to parse a small head, so the connections of
// a thread pass them on.

/** Octets of all arrays kept: as many as 1,000 new connections need. */
const MAX_KEPT = 1024 * 1024;

const kept = new Map<number, Uint8Array<ArrayBuffer>[]>();
let octetsKept = 0;

/** Takes an array. It may hold octets of another connection: the caller must read only what it has put in.
 *
 * @param size octets of the array */
function takeArray(size: number): Uint8Array<ArrayBuffer> {
  const array = kept.get(size)?.pop();
  if (array === undefined) return new Uint8Array(size);
  octetsKept -= size;
  return array;
}

/** Gives an array back that no code will read or write any more.
 *
 * @param array the array, as {@linkcode takeArray} gave it */
function giveArrayBack(array: Uint8Array<ArrayBuffer>): void {
  const size = array.length;
  if (octetsKept + size > MAX_KEPT) return;
  const arrays = kept.get(size);
  if (arrays === undefined) kept.set(size, [array]);
  else arrays.push(array);
  octetsKept += size;
}
