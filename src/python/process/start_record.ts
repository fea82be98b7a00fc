// A record of what a process has started, in memory of the system that both share. A process that computes
// does not read its socket, so only shared memory tells what it has not started of the exchanges that were
// sent in advance. Deno cannot map memory, so the server reads and writes the file.

/** Offset of the number of the last recall; the first word has the order of the last exchange that was
 * started. worker.py has the same. */
const RECALL_AT = 64;
const SIZE = 128;

/** Folders to try: the first is in memory. */
const FOLDERS = ["/dev/shm", undefined];

/** The record of one process.
 *
 * Both sides write their own word before they read the other's. If the process reads no recall, the server
 * has read the start. If it reads one, the start may or may not have been read, so it awaits the verdict. */
export class StartRecord {
  /** Path of the file, for the process to open. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #word = new DataView(new ArrayBuffer(8));
  #recalls = 0;
  #removed = false;

  /** Makes a record.
   *
   * @returns undefined where no file may be made */
  static create(): StartRecord | undefined {
    for (const dir of FOLDERS) {
      try {
        return new StartRecord(Deno.makeTempFileSync({ dir, prefix: "robusto-" }));
      } catch {
        // the next folder may be permitted
      }
    }
  }

  private constructor(path: string) {
    this.path = path;
    this.#file = Deno.openSync(path, { read: true, write: true });
    this.#file.truncateSync(SIZE);
  }

  /** Recalls what has not been started.
   *
   * @returns the order of the last exchange that was started, and the number of the recall */
  recall(): { readonly started: number; readonly recall: number } {
    const octets = new Uint8Array(this.#word.buffer);
    this.#word.setBigUint64(0, BigInt(++this.#recalls), true);
    this.#file.seekSync(RECALL_AT, Deno.SeekMode.Start);
    this.#file.writeSync(octets);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    this.#file.readSync(octets);
    return { started: Number(this.#word.getBigUint64(0, true)), recall: this.#recalls };
  }

  /** Removes the file's name: the process has opened it. */
  removeName(): void {
    if (this.#removed) return;
    this.#removed = true;
    try {
      Deno.removeSync(this.path);
    } catch {
      // somebody has cleaned up
    }
  }

  close(): void {
    this.removeName();
    this.#file.close();
  }
}
