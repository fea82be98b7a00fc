// Checks the deadlines of all open connections with one coarse tick instead of a timer for each.
// The connections never look at a clock while they serve, so a request that is in time costs nothing.
// A deadline is therefore up to two ticks late and never early.

import type { Clock } from "./clock.ts";

/** An object with deadlines, such as a connection. */
export interface Sweepable {
  /** Ends every wait whose deadline has passed. Must not throw. */
  sweep(now: number): void;
}

/** Longest interval in milliseconds; a shorter one follows from the shortest deadline. */
const COARSEST_TICK = 500;
const FINEST_TICK = 10;

/** Calls `sweep` of its members at each tick, while it has members. */
export class DeadlineSweep {
  readonly #clock: Clock;
  readonly #interval: number;
  /** A few: what has many connections sweeps them itself. */
  readonly #members: Sweepable[] = [];
  #tick: { stop(): void } | undefined;

  /** @param clock the source of time
   * @param shortest the shortest deadline in force, in milliseconds */
  constructor(clock: Clock, shortest: number) {
    this.#clock = clock;
    this.#interval = Math.max(FINEST_TICK, Math.min(COARSEST_TICK, shortest / 4));
  }

  /** The time on its clock, in milliseconds. */
  get now(): number {
    return this.#clock.now();
  }

  /** Adds a member; the first one starts the tick. */
  add(member: Sweepable): void {
    if (!this.#members.includes(member)) this.#members.push(member);
    this.#tick ??= this.#clock.every(this.#interval, () => this.#sweepAll());
  }

  /** Removes a member; without members the tick stops. */
  delete(member: Sweepable): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    if (this.#members.length > 0) return;
    this.#tick?.stop();
    this.#tick = undefined;
  }

  #sweepAll(): void {
    const now = this.#clock.now();
    for (const member of this.#members.slice()) {
      if (this.#members.includes(member)) member.sweep(now);
    }
  }
}
