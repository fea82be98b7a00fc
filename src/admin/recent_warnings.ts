// Keeps the last warnings and errors of the log for the live page. It is given every event; how many it keeps,
// and how long each is, has a bound.

import type { LogEvent } from "../log/log_event.ts";
import { formatLogEvent } from "../log/log_text.ts";

/** Enough to see what happened last; the log has all. */
const MOST_WARNINGS = 50;
/** Characters of one: a stack has its place in the log. */
const LONGEST_WARNING = 500;

/** The last warnings and errors. */
export class RecentWarnings {
  readonly #lines: string[] = [];

  /** Takes an event; keeps it if it is a warning or an error. */
  take(event: LogEvent): void {
    if (event.level !== "warn" && event.level !== "error") return;
    const { error: _, ...facts } = event; // a stack is long, and this line is seen by a browser
    this.#lines.push(formatLogEvent(facts, new Date()).slice(0, LONGEST_WARNING));
    if (this.#lines.length > MOST_WARNINGS) this.#lines.shift();
  }

  /** The lines, the oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }
}
