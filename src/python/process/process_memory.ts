// Watches the memory of a process from outside. The limit that the process sets itself (worker.py) counts only
// what it asks for as private data; memory that it shares with others, and that of extensions which take
// it in other ways, is only seen here.

import { clearInterval, setInterval } from "../../io/platform.ts";

const INTERVAL = 200;
const MEBIBYTE = 1024 * 1024;

/** Watches a process until it is disposed. */
export class ProcessMemoryWatch implements Disposable {
  readonly #path: string;
  readonly #limit: number;
  readonly #onExcess: (detail: string) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #first: number | undefined;

  /** @param pid the process
   * @param limit octets that it may take beside those that it has now
   * @param onExcess is called when it has taken more, with what is said in the log */
  constructor(pid: number, limit: number, onExcess: (detail: string) => void) {
    this.#path = `/proc/${pid}/status`;
    this.#limit = limit;
    this.#onExcess = onExcess;
    this.#timer = setInterval(() => void this.#check(), INTERVAL);
    void this.#check();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    const taken = await this.#read();
    if (taken === undefined) return;
    this.#first ??= taken;
    const growth = taken - this.#first;
    if (growth <= this.#limit) return;
    this[Symbol.dispose]();
    this.#onExcess(`the process took ${Math.ceil(growth / MEBIBYTE)} MiB more than at its start`);
  }

  /** Octets in memory that are not those of files; undefined where the system does not tell, or the process
   * has ended. */
  async #read(): Promise<number | undefined> {
    let status: string;
    try {
      status = await Deno.readTextFile(this.#path);
    } catch {
      return undefined;
    }
    let sum: number | undefined;
    for (const [, kilobytes] of status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)) {
      sum = (sum ?? 0) + Number(kilobytes) * 1024;
    }
    return sum;
  }
}
