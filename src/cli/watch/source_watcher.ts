// Calls back when files of an application have changed. The system reports changes in folders, so that files
// that an editor replaces by a rename are seen too; what counts is how the files look afterwards.

import { caught } from "../../io/platform.ts";
import { changedFiles, type SourceFiles, type SourceState } from "./source_files.ts";

/** So many milliseconds without another change end a group of them, such as a checkout of many files. */
const QUIET_TIME = 60;
/** Longest wait for the end of such a group, in milliseconds. */
const LONGEST_WAIT = 400;
/** Milliseconds to the next try when folders cannot be watched, as one has just been removed. */
const RETRY_TIME = 250;

/** Watches the files of applications until it is closed. */
export class SourceWatcher implements Disposable {
  readonly #files: SourceFiles;
  readonly #onChange: (changed: readonly string[]) => void;
  #state: SourceState;
  #watcher: Deno.FsWatcher | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #firstChange: number | undefined;
  #closed = false;

  /** Begins to watch.
   *
   * @param files what to watch
   * @param state the files as they were loaded
   * @param onChange called with the files that have changed, once for changes that follow each other */
  constructor(
    files: SourceFiles,
    state: SourceState,
    onChange: (changed: readonly string[]) => void,
  ) {
    this.#files = files;
    this.#onChange = onChange;
    this.#state = state;
    this.#watch();
  }

  /** Stops watching. */
  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#closeWatcher();
  }

  /** Watches the folders of the files that are known now. */
  #watch(): void {
    this.#closeWatcher();
    let watcher: Deno.FsWatcher;
    try {
      watcher = Deno.watchFs([...this.#state.folders], { recursive: false });
    } catch {
      this.#schedule(RETRY_TIME);
      return;
    }
    this.#watcher = watcher;
    caught(this.#take(watcher), () => this.#schedule(RETRY_TIME));
    this.#schedule(QUIET_TIME); // what has changed before this watcher
  }

  async #take(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind } of watcher) {
      if (kind !== "access" && watcher === this.#watcher) this.#noteChange();
    }
  }

  #noteChange(): void {
    const now = performance.now();
    this.#firstChange ??= now;
    const left = LONGEST_WAIT - (now - this.#firstChange);
    this.#schedule(Math.max(0, Math.min(QUIET_TIME, left)));
  }

  #schedule(time: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => this.#compare(), time);
  }

  #compare(): void {
    this.#firstChange = undefined;
    const state = this.#files.look();
    const changed = changedFiles(this.#state, state);
    if (changed.length === 0 && this.#watcher !== undefined) return;
    this.#state = state;
    this.#watch(); // a change may bring folders, and a folder may have been replaced
    if (changed.length > 0) this.#onChange(changed);
  }

  #closeWatcher(): void {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    watcher?.close();
  }
}
