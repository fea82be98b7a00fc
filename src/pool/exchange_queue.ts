// Exchanges that wait for a worker, first come, first served. Bounded in number; how long each may wait
// is for the pool to watch, which knows the time.

/** A first-in, first-out queue from which members may also leave out of turn. */
export class ExchangeQueue<T> {
  readonly #members = new Set<T>();
  readonly #maxSize: number;

  /** @param maxSize how many may wait */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  /** How many wait. */
  get size(): number {
    return this.#members.size;
  }

  /** Whether no more may wait. */
  get full(): boolean {
    return this.#members.size >= this.#maxSize;
  }

  /** The one that has waited longest. */
  get first(): T | undefined {
    return this.#members.values().next().value;
  }

  /** Puts one at the end. */
  add(member: T): void {
    this.#members.add(member);
  }

  /** Puts some before all others, in their order: they had waited already. */
  putBack(members: readonly T[]): void {
    const others = [...this.#members];
    this.#members.clear();
    for (const member of members) this.#members.add(member);
    for (const member of others) this.#members.add(member);
  }

  /** Takes the one that has waited longest. */
  take(): T | undefined {
    const { first } = this;
    if (first !== undefined) this.#members.delete(first);
    return first;
  }

  /** Takes one out of turn.
   *
   * @returns whether it was there */
  remove(member: T): boolean {
    return this.#members.delete(member);
  }

  /** Goes through them in order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#members.values();
  }
}
