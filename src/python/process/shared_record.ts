// A file in memory that the server shares with one process. A process that computes does not read its socket,
// and one that has ended does not write to it: the record still tells what it has started, and has the
// responses that it had finished. Deno cannot map memory, so the server reads and writes the file.

/** Offsets of the words; worker.py has the same.
 *
 * - `started`: the order of the last exchange that was started.
 * - `recall`: the number of the last recall; the only word that the server writes.
 * - `size`: octets of finished responses that have not been sent.
 * - `generation`: changes when the process begins to overwrite them. */
const Word = { started: 0, recall: 64, size: 128, generation: 136 } as const;
const OCTETS_AT = 192;
/** Room for finished responses. */
const CAPACITY = 48 * 1024;

/** Folders to try: the first is in memory. */
const FOLDERS = ["/dev/shm", undefined];

/** The record of one process.
 *
 * For starts both sides write their own word before they read the other's. If the process reads no recall,
 * the server has read the start. If it reads one, the start may or may not have been read, so it awaits the
 * verdict. */
export class SharedRecord {
  /** Path of the file, for the process to open. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #word = new DataView(new ArrayBuffer(8));
  readonly #wordOctets = new Uint8Array(this.#word.buffer);
  #recalls = 0;
  #nameRemoved = false;

  /** Makes a record.
   *
   * @returns undefined where no file may be made */
  static create(): SharedRecord | undefined {
    for (const dir of FOLDERS) {
      try {
        return new SharedRecord(Deno.makeTempFileSync({ dir, prefix: "robusto-" }));
      } catch {
        // the next folder may be permitted
      }
    }
  }

  private constructor(path: string) {
    this.path = path;
    this.#file = Deno.openSync(path, { read: true, write: true });
    this.#file.truncateSync(OCTETS_AT + CAPACITY);
  }

  /** Recalls what has not been started.
   *
   * @returns the order of the last exchange that was started, and the number of the recall */
  recall(): { readonly started: number; readonly recall: number } {
    this.#word.setBigUint64(0, BigInt(++this.#recalls), true);
    this.#file.seekSync(Word.recall, Deno.SeekMode.Start);
    this.#file.writeSync(this.#wordOctets);
    return { started: this.#read(Word.started), recall: this.#recalls };
  }

  /** Reads the finished responses that have not been sent.
   *
   * @returns their frames; undefined when there are none, or the process is sending them */
  readFinished(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#read(Word.size) === 0) return undefined;
    const generation = this.#read(Word.generation);
    const size = Math.min(this.#read(Word.size), CAPACITY);
    const octets = new Uint8Array(size);
    this.#file.seekSync(OCTETS_AT, Deno.SeekMode.Start);
    const count = this.#file.readSync(octets);
    return count === size && this.#read(Word.generation) === generation ? octets : undefined;
  }

  /** Removes the file's name: the process has opened it. */
  removeName(): void {
    if (this.#nameRemoved) return;
    this.#nameRemoved = true;
    try {
      Deno.removeSync(this.path);
    } catch {
      // another program has cleaned up
    }
  }

  close(): void {
    this.removeName();
    this.#file.close();
  }

  #read(word: number): number {
    this.#file.seekSync(word, Deno.SeekMode.Start);
    this.#file.readSync(this.#wordOctets);
    return Number(this.#word.getBigUint64(0, true));
  }
}
