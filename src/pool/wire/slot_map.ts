// The exchanges that are held, by their numbers on the wire. A number contains a slot, so they stand in
// arrays. A Map that gains and loses members all the time makes itself new tables. The members of an old
// table stay in memory: with quick exchanges they were a fifth of all memory.

/** Exchanges that a worker can hold at a time; an exchange's number modulo this is its slot. Open streams
 * have a slot each, so there are more than connections as a rule. */
export const MAX_SLOTS = 65_536;

/** The slot of an exchange by its number on the wire. */
export function slotOf(id: number): number {
  return id & (MAX_SLOTS - 1); // right for all whole numbers, and quicker than % for large ones
}

/** What is held in the slots of one worker. */
export class SlotMap<T> implements Iterable<T> {
  readonly #ids: number[] = [];
  readonly #values: (T | undefined)[] = [];
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The value of that number; undefined when it is not held any more. */
  get(id: number): T | undefined {
    const slot = slotOf(id);
    return this.#ids[slot] === id ? this.#values[slot] : undefined;
  }

  /** Holds a value; its slot must be free. */
  set(id: number, value: T): void {
    const slot = slotOf(id);
    if (this.#values[slot] === undefined) this.#size++;
    this.#ids[slot] = id;
    this.#values[slot] = value;
  }

  /** Removes the value of that number. */
  delete(id: number): void {
    if (this.get(id) === undefined) return;
    this.#values[slotOf(id)] = undefined;
    this.#size--;
  }

  /** Removes all values. */
  clear(): void {
    this.#values.fill(undefined);
    this.#size = 0;
  }

  /** Numbers and their values, in the order of the numbers.
   *
   * @returns a new array */
  entries(): [id: number, value: T][] {
    const entries: [number, T][] = [];
    for (const [slot, value] of this.#values.entries()) {
      if (value !== undefined) entries.push([this.#ids[slot], value]);
    }
    return entries.sort(([one], [other]) => one - other);
  }

  /** The values, in the order of the numbers. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.entries().map(([, value]) => value).values();
  }
}
