// Polls files for changes. Unlike the system's watch, polling also sees replaced links, as in Kubernetes,
// and volumes that send no events. A certificate and its key are written one after the other, so a change
// counts when the next poll finds nothing new.

import { all, lastly, Promise } from "../io/platform.ts";
import type { Clock } from "../io/clock.ts";

/** Milliseconds between two polls. */
const INTERVAL = 1_000;

/** Polls files until it is stopped. */
export class FileWatch {
  readonly #files: readonly string[];
  readonly #onChange: () => void;
  readonly #tick: { stop(): void };
  #known: string | undefined;
  #changed: string | undefined;
  #polling: Promise<void> | undefined;

  /** Begins to poll.
   *
   * @param files paths
   * @param onChange called once for each change; must not throw
   * @param clock gives the time of the polls */
  constructor(files: readonly string[], onChange: () => void, clock: Clock) {
    this.#files = files;
    this.#onChange = onChange;
    this.#tick = clock.every(INTERVAL, () => void this.poll());
    void this.poll();
  }

  /** Polls now, or waits for the poll that is under way, as a file system may be slow. Never rejects. */
  poll(): Promise<void> {
    return this.#polling ??= lastly(this.#poll(), () => this.#polling = undefined);
  }

  async #poll(): Promise<void> {
    const seen = (await all(this.#files.map(markOf))).join("\n");
    if (this.#known === undefined || seen === this.#known) {
      this.#known = seen;
      this.#changed = undefined;
    } else if (seen === this.#changed) {
      this.#known = seen;
      this.#changed = undefined;
      this.#onChange();
    } else {
      this.#changed = seen;
    }
  }

  /** Ends polling. */
  stop(): void {
    this.#tick.stop();
  }
}

/** A text that differs when a file has been written again. */
async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtime } = await Deno.stat(path);
    return [dev, ino, size, mtime?.getTime()].join();
  } catch {
    return "missing";
  }
}
