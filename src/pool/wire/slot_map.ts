// Which exchanges are held, by their numbers on the wire? A number tells a place (claims.ts), so they
// stand in arrays. A Map that gains and loses members all the time makes itself new tables, and what a
// table that has grown old points to survives it: a fifth of all memory of quick exchanges did.

import { slotOf } from "./claims.ts";

/** What is held at the places of one worker. */
export class SlotMap<T> implements Iterable<T> {
  readonly #ids: number[] = [];
  readonly #values: (T | undefined)[] = [];
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** What is held by that number; undefined when it is held no more. */
  get(id: number): T | undefined {
    const place = slotOf(id);
    return this.#ids[place] === id ? this.#values[place] : undefined;
  }

  /** Holds something; its place must be free. */
  set(id: number, value: T): void {
    const place = slotOf(id);
    if (this.#values[place] === undefined) this.#size++;
    this.#ids[place] = id;
    this.#values[place] = value;
  }

  /** Lets go of what is held by that number. */
  delete(id: number): void {
    if (this.get(id) === undefined) return;
    this.#values[slotOf(id)] = undefined;
    this.#size--;
  }

  /** Lets go of everything. */
  clear(): void {
    this.#values.fill(undefined);
    this.#size = 0;
  }

  /** Numbers and what is held by them, in the order of the numbers.
   *
   * @returns a new array */
  entries(): [id: number, value: T][] {
    const entries: [number, T][] = [];
    for (const [place, value] of this.#values.entries()) {
      if (value !== undefined) entries.push([this.#ids[place], value]);
    }
    return entries.sort(([one], [other]) => one - other);
  }

  /** What is held, in the order of the numbers. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.entries().map(([, value]) => value).values();
  }
}
