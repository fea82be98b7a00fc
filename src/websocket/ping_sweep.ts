// Counts the silence of sockets with one timer for all that have the same interval, because a timer for each
// costs memory, and there may be thousands.

import { clearInterval, setInterval } from "../io/platform.ts";

/** Ticks in an interval: a silence is found at most a quarter of it late. */
export const TICKS_OF_INTERVAL = 4;

/** What is called at each tick. */
export interface Ticked {
  tick(): void;
}

const groups = new Map<
  number,
  { readonly members: Set<Ticked>; readonly timer: ReturnType<typeof setInterval> }
>();

/** Has a member called at each tick.
 *
 * @param interval milliseconds of {@linkcode TICKS_OF_INTERVAL} ticks */
export function addTicked(member: Ticked, interval: number): void {
  const group = groups.get(interval);
  if (group !== undefined) return void group.members.add(member);
  const members = new Set([member]);
  const timer = setInterval(() => {
    for (const each of members) each.tick();
  }, interval / TICKS_OF_INTERVAL);
  groups.set(interval, { members, timer });
}

/** Has it not called any more. The last one of an interval ends its timer. */
export function removeTicked(member: Ticked, interval: number): void {
  const group = groups.get(interval);
  if (group === undefined || !group.members.delete(member) || group.members.size > 0) return;
  clearInterval(group.timer);
  groups.delete(interval);
}
