// Deadlines without timers. One coarse tick asks every open connection whether it has waited too
// long; the connections themselves never look at a clock while they serve, so a request that is in
// time costs nothing. A deadline is therefore late by up to two ticks and never early.

import type { Clock } from "./clock.ts";

/** Something that waits, and wants to be asked about it. */
export interface Sweepable {
  /** Looks at the time and ends whatever has waited too long. Must not throw. */
  sweep(now: number): void;
}

/** Ticks a second at the coarsest; a finer one follows from the shortest deadline. */
const COARSEST_TICK = 500;
const FINEST_TICK = 10;

/** Asks its members about their deadlines, as long as there are any. */
export class DeadlineSweep {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #members = new Set<Sweepable>();
  #tick: { stop(): void } | undefined;

  /** @param clock where time comes from
   * @param shortest the shortest deadline in force, in milliseconds */
  constructor(clock: Clock, shortest: number) {
    this.#clock = clock;
    this.#interval = Math.max(FINEST_TICK, Math.min(COARSEST_TICK, shortest / 4));
  }

  /** Begins to ask `member`. */
  add(member: Sweepable): void {
    this.#members.add(member);
    this.#tick ??= this.#clock.every(this.#interval, () => this.#sweepAll());
  }

  /** Asks `member` no more; the last one to leave stops the tick. */
  delete(member: Sweepable): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.#tick?.stop();
    this.#tick = undefined;
  }

  #sweepAll(): void {
    const now = this.#clock.now();
    for (const member of this.#members) member.sweep(now);
  }
}
