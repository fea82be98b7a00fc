// Members in numbered places. A Set that gains and loses members all the time makes itself new tables.
// Each table keeps its members and leads to the next one, so a single table that has grown old keeps all
// later members in memory until the whole heap is collected.

/** Objects that come and go often. */
export class Places<T extends object> implements Iterable<T> {
  readonly #members: (T | undefined)[] = [];
  /** Numbers of the places without a member. */
  readonly #free: number[] = [];

  /** How many members there are. */
  get size(): number {
    return this.#members.length - this.#free.length;
  }

  /** Adds a member.
   *
   * @returns its place, for {@linkcode delete} */
  add(member: T): number {
    const place = this.#free.pop() ?? this.#members.length;
    this.#members[place] = member;
    return place;
  }

  /** Removes the member of a place, at most once for each {@linkcode add}. */
  delete(place: number): void {
    this.#members[place] = undefined;
    this.#free.push(place);
  }

  /** The members, by place. Members may come and go meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    // The length is read each time: the array may grow.
    for (let place = 0; place < this.#members.length; place++) {
      const member = this.#members[place];
      if (member !== undefined) yield member;
    }
  }
}
