// Have files changed? They are looked at from time to time rather than watched by the system: that also
// sees links that are turned, as in Kubernetes, and volumes that tell nobody. A certificate and its key
// are written one after the other, so a change counts once it has stood still for one look.

import type { Clock } from "../io/clock.ts";

/** Milliseconds between two looks. */
const INTERVAL = 1_000;

/** Looks at files until it is stopped. */
export class FileWatch {
  readonly #files: readonly string[];
  readonly #onChange: () => void;
  readonly #tick: { stop(): void };
  #known: string | undefined;
  #changed: string | undefined;
  #looking: Promise<void> | undefined;

  /** Begins to look.
   *
   * @param files paths
   * @param onChange called once for each change; must not throw
   * @param clock when to look */
  constructor(files: readonly string[], onChange: () => void, clock: Clock) {
    this.#files = files;
    this.#onChange = onChange;
    this.#tick = clock.every(INTERVAL, () => void this.look());
    void this.look();
  }

  /** Looks now, or waits for the look that is under way: a file system may take its time. Never
   * rejects. */
  look(): Promise<void> {
    return this.#looking ??= this.#look().finally(() => this.#looking = undefined);
  }

  async #look(): Promise<void> {
    const seen = (await Promise.all(this.#files.map(markOf))).join("\n");
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

  /** Looks no more. */
  stop(): void {
    this.#tick.stop();
  }
}

/** What differs when a file has been written anew. */
async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtime } = await Deno.stat(path);
    return [dev, ino, size, mtime?.getTime()].join();
  } catch {
    return "missing";
  }
}
