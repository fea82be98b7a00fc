// Holds the octets that have arrived and have not been parsed yet, in one bounded array. It is filled at
// the end and consumed from the front. Parsers look at `bytes[start..end)` and `consume` what they have
// read.

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
  /** Whether the last read filled all the space. */
  #filled = false;
  /** Where the last `space()` began. */
  #spaceStart = 0;

  /** Makes an empty buffer.
   *
   * @param usualSize usual octets of storage
   * @param maxSize octets that it may grow to
   * @param firstSize octets of storage until a read has filled it: most connections never need more,
   * and there may be thousands */
  constructor(usualSize: number, maxSize: number = usualSize, firstSize: number = usualSize) {
    this.#usualSize = usualSize;
    this.#maxSize = Math.max(usualSize, maxSize);
    this.bytes = new Uint8Array(Math.min(firstSize, usualSize));
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
      // Releases the memory of a large head, and reads large content in large pieces.
      const { length } = this.bytes;
      if (length > this.#usualSize || (this.#filled && length < this.#usualSize)) {
        this.bytes = new Uint8Array(this.#usualSize);
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
  }
}
