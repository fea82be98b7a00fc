// Bounds the content of all requests that is in memory while they wait for a worker. An exchange reserves
// the declared length before its content is read. So content that has a reservation always comes to its end,
// and those that wait for one never wait for each other.

/** What waits for a reservation. */
interface Waiting<Holder> {
  readonly holder: Holder;
  readonly octets: number;
  readonly since: number;
  readonly proceed: () => void;
}

/** The octets that contents may take together. */
export class ContentBudget<Holder> {
  readonly #limit: number;
  #reserved = 0;
  /** First in, first out. */
  #waiting: Waiting<Holder>[] = [];

  /** @param limit octets of all contents together */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Octets that are not reserved. */
  get free(): number {
    return this.#limit - this.#reserved;
  }

  /** Whether so many octets can ever be reserved. */
  admits(octets: number): boolean {
    return octets <= this.#limit;
  }

  /** Reserves octets, unless there are too many or others wait for theirs. */
  reserve(octets: number): boolean {
    if (this.#waiting.length > 0 || this.#reserved + octets > this.#limit) return false;
    this.#reserved += octets;
    return true;
  }

  /** Waits for a reservation of octets that the limit {@linkcode admits}.
   *
   * @param holder what they are for
   * @param octets how many
   * @param since when the wait began
   * @param proceed called once they are reserved */
  wait(holder: Holder, octets: number, since: number, proceed: () => void): void {
    this.#waiting.push({ holder, octets, since, proceed });
  }

  /** Frees octets; those that wait for them proceed in order. */
  release(octets: number): void {
    this.#reserved -= octets;
    for (let first; (first = this.#waiting[0]) !== undefined;) {
      if (this.#reserved + first.octets > this.#limit) return;
      this.#waiting.shift();
      this.#reserved += first.octets;
      first.proceed();
    }
  }

  /** Takes out those that have waited since a time or longer. */
  takeLate(since: number): Holder[] {
    const late = this.#waiting.filter((each) => each.since <= since);
    if (late.length > 0) this.#waiting = this.#waiting.filter((each) => each.since > since);
    return late.map(({ holder }) => holder);
  }
}
