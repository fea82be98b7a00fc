// The octets that have arrived and nobody has taken yet. One bounded array that is filled at the end
// and taken from the front; parsers look at `bytes[start..end)` and `consume` what they are done with.

/** A bounded first-in, first-out run of octets. */
export class ReceiveBuffer {
  /** The storage; only `bytes[start..end)` holds data. Replaced when the buffer grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Index of the first octet that has not been taken. */
  start = 0;
  /** Index behind the last octet that has arrived. */
  end = 0;
  readonly #usualSize: number;
  readonly #maxSize: number;
  /** Whether the last read took all the space that there was. */
  #filled = false;
  /** Where the last `space()` began. */
  #spaceStart = 0;

  /** Makes an empty buffer.
   *
   * @param usualSize octets of storage while there is nothing that needs more
   * @param maxSize octets it may grow to when asked for room
   * @param firstSize octets of storage until a read has filled it: most connections never need more,
   * and there may be thousands */
  constructor(usualSize: number, maxSize: number = usualSize, firstSize: number = usualSize) {
    this.#usualSize = usualSize;
    this.#maxSize = Math.max(usualSize, maxSize);
    this.bytes = new Uint8Array(Math.min(firstSize, usualSize));
  }

  /** Octets that are waiting to be taken. */
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

  /** Free space behind the data, for the next read; moves the data to the front or grows the storage
   * when there is none. Empty only when the buffer is full.
   *
   * A view given out earlier is not valid afterwards. */
  space(): Uint8Array<ArrayBuffer> {
    if (this.end === this.bytes.length) {
      if (this.start > 0) {
        this.bytes.copyWithin(0, this.start, this.end);
      } else if (this.bytes.length < this.#maxSize) {
        const grown = new Uint8Array(Math.min(this.bytes.length * 2, this.#maxSize));
        grown.set(this.bytes);
        this.bytes = grown;
      }
      this.end -= this.start;
      this.start = 0;
    } else if (this.end === 0) {
      // A large head must not cost memory for ever, and bulk must not come in small pieces.
      const { length } = this.bytes;
      if (length > this.#usualSize || (this.#filled && length < this.#usualSize)) {
        this.bytes = new Uint8Array(this.#usualSize);
      }
    }
    this.#spaceStart = this.end;
    return this.end === 0 ? this.bytes : this.bytes.subarray(this.end);
  }

  /** Notes that `count` octets were put into the last `space()`. What was there before may have been
   * taken since. */
  commit(count: number): void {
    if (this.start === this.end) this.start = this.end = this.#spaceStart;
    this.end += count;
    this.#filled = this.end === this.bytes.length;
  }
}
