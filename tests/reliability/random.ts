// Random numbers that a seed repeats, for tests that try what nobody has listed. A test prints its seed when
// it fails; ROBUSTO_SEED=N runs it again.

/** A source of random numbers (mulberry32). */
export class Random {
  #state: number;

  /** @param seed an unsigned 32-bit integer; the same seed gives the same numbers */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** @returns a number from 0 to 1, without 1 */
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ mixed >>> 15, mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  }

  /** @param limit a positive integer
   * @returns an integer from 0 to `limit`, without `limit` */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** @returns true with this probability */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @returns one of the items */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** @returns one of the characters */
  character(characters: string): string {
    return characters[this.below(characters.length)];
  }

  /** @returns up to `most` things, each made by `make` */
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  /** Cuts octets at random places.
   *
   * @returns pieces of at least one octet, in order */
  pieces<T extends ArrayBufferLike>(octets: Uint8Array<T>): Uint8Array<T>[] {
    const longest = this.pick([1, 3, 20, 200, octets.length + 1]);
    const pieces: Uint8Array<T>[] = [];
    for (let at = 0; at < octets.length;) {
      const size = 1 + this.below(longest);
      pieces.push(octets.subarray(at, at + size));
      at += size;
    }
    return pieces;
  }
}

/** Runs a test with random numbers. When it fails, the error names the seed.
 *
 * @param test what is done with the numbers */
export async function withSeed(test: (random: Random) => void | Promise<void>): Promise<void> {
  const seed = Number(Deno.env.get("ROBUSTO_SEED") ?? Math.floor(Math.random() * 2 ** 32));
  try {
    await test(new Random(seed));
  } catch (error) {
    throw new Error(`Failed with ROBUSTO_SEED=${seed}`, { cause: error });
  }
}
