// A queue of exchanges that wait, first come, first served. The scheduler bounds how many wait and for how
// long.

/** Empty places at the front before their memory is freed. */
const MAX_HOLES = 256;

/** A first-in, first-out queue from which members may also leave out of turn. It is an array, because a Set
 * that gains and loses members all the time keeps them alive for longer (see wire/slot_map.ts). */
export class ExchangeQueue<T> implements Iterable<T> {
  #members: (T | undefined)[] = [];
  /** Where the first member stands. */
  #head = 0;

  /** How many wait. */
  get size(): number {
    return this.#members.length - this.#head;
  }

  /** The member that has waited longest. */
  get first(): T | undefined {
    return this.#members[this.#head];
  }

  /** Puts a member at the end. */
  add(member: T): void {
    this.#members.push(member);
  }

  /** Puts members before all others, in their order: they had waited already. */
  putBack(members: readonly T[]): void {
    this.#members = [...members, ...this];
    this.#head = 0;
  }

  /** Takes the member that has waited longest. */
  take(): T | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.#members[this.#head++] = undefined;
    if (this.size === 0) this.#members.length = this.#head = 0;
    else if (this.#head >= MAX_HOLES && this.#head >= this.size) this.putBack([]);
    return first;
  }

  /** Takes a member out of turn.
   *
   * @returns whether it was there */
  remove(member: T): boolean {
    const at = this.#members.indexOf(member, this.#head);
    if (at === -1) return false;
    this.#members.splice(at, 1);
    return true;
  }

  /** Iterates over the members in order, as they are now. */
  [Symbol.iterator](): IterableIterator<T> {
    return (this.#members.slice(this.#head) as T[]).values();
  }
}
