// Exchanges that wait for a worker, first come, first served. Bounded in number; how long each may wait
// is for the pool to watch, which knows the time.

/** Places that were left at the front before they are given back. */
const MOST_LEFT = 256;

/** A first-in, first-out queue from which members may also leave out of turn. An array, as a Set that
 * gains and loses members all the time keeps them alive for longer (see held.ts). */
export class ExchangeQueue<T> implements Iterable<T> {
  #members: (T | undefined)[] = [];
  /** Where the first member stands. */
  #begin = 0;
  readonly #maxSize: number;

  /** @param maxSize how many may wait */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** How many wait. */
  get size(): number {
    return this.#members.length - this.#begin;
  }

  /** Whether no more may wait. */
  get full(): boolean {
    return this.size >= this.#maxSize;
  }

  /** The one that has waited longest. */
  get first(): T | undefined {
    return this.#members[this.#begin];
  }

  /** Puts one at the end. */
  add(member: T): void {
    this.#members.push(member);
  }

  /** Puts some before all others, in their order: they had waited already. */
  putBack(members: readonly T[]): void {
    this.#members = [...members, ...this];
    this.#begin = 0;
  }

  /** Takes the one that has waited longest. */
  take(): T | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.#members[this.#begin++] = undefined;
    if (this.size === 0) this.#members.length = this.#begin = 0;
    else if (this.#begin >= MOST_LEFT && this.#begin >= this.size) this.putBack([]);
    return first;
  }

  /** Takes one out of turn.
   *
   * @returns whether it was there */
  remove(member: T): boolean {
    const at = this.#members.indexOf(member, this.#begin);
    if (at === -1) return false;
    this.#members.splice(at, 1);
    return true;
  }

  /** Goes through them in order, as they are now. */
  [Symbol.iterator](): IterableIterator<T> {
    return (this.#members.slice(this.#begin) as T[]).values();
  }
}
