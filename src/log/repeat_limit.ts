// Bounds the lines of a log: the same line is written once a second, with the number of those that were
// left out. It decides by what the line says, not by when and for which client it happened.

import { clearTimeout, setTimeout } from "node:timers";
import { headline } from "./error_text.ts";
import type { LogEvent } from "./log_event.ts";

/** The same line is written once in this time, in milliseconds. */
const PERIOD = 1_000;
/** Different lines in one period. Further ones count as the same for each kind of event, as a client
 * chooses the target of its requests. */
const MAX_KINDS = 50;
/** UTF-16 units of an error and of a target that tell lines apart. */
const KEY_LENGTH = 200;

/** Passes events on, repeated ones only in part. */
export class RepeatLimit {
  readonly #write: (event: LogEvent) => void;
  /** The events of the current period, with the number of those that were left out. */
  readonly #seen = new Map<string, { event: LogEvent; more: number }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #begin = 0;

  /** @param write writes a line */
  constructor(write: (event: LogEvent) => void) {
    this.#write = write;
  }

  /** Writes an event, or counts it.
   *
   * @param event the event
   * @param now the time, in milliseconds */
  take(event: LogEvent, now: number): void {
    if (now - this.#begin >= PERIOD || now < this.#begin) this.flush(now);
    let key = keyOf(event);
    if (!this.#seen.has(key) && this.#seen.size >= MAX_KINDS) key = event.event;
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      this.#seen.set(key, { event, more: 0 });
      this.#write(event);
      return;
    }
    seen.more++;
    seen.event = event;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.flush(this.#begin + PERIOD), this.#begin + PERIOD - now);
    this.#timer.unref(); // a process that ends loses the number only
  }

  /** Writes the numbers of those that were left out, and begins a period.
   *
   * @param now the time, in milliseconds */
  flush(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begin = now;
    const seen = [...this.#seen.values()];
    this.#seen.clear();
    for (const { event: { level, event, message }, more } of seen) {
      if (more > 0) {
        this.#write({
          level,
          event,
          message: `${message} … and ${more.toLocaleString("en")} more`,
        });
      }
    }
  }
}

function keyOf({ level, event, message, error, code, status, method, target }: LogEvent): string {
  const shown = error === undefined ? "" : headline(error).slice(0, KEY_LENGTH);
  const parts = [level, event, message, shown, code, status, method, target?.slice(0, KEY_LENGTH)];
  return parts.join("\n");
}
