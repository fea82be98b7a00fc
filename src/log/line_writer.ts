// Collects lines and writes them together, without making anything wait for it. Lines that find the buffer
// full, or that cannot be written, are lost; they are counted, and the loss is reported once a minute.

import { clearTimeout, setTimeout } from "node:timers";
import { Promise } from "../io/platform.ts";
import { withTimeout } from "../io/with_timeout.ts";

/** Lines that could not be written, and the reason for people. */
export interface LostLines {
  readonly count: number;
  readonly reason: string;
}

/** What takes the lines. */
export interface LineTarget {
  /** Opens it, unless it is open.
   *
   * @throws the system's error */
  open(): void;
  /** Writes lines; never rejects.
   *
   * @param text the lines, each with its line end
   * @param count how many there are
   * @returns those that could not be written */
  write(text: string, count: number): Promise<LostLines | undefined>;
  /** Lets what follows go to a new file of the same name. */
  reopen(): Promise<void>;
  close(): void;
}

/** Takes the report of the lines that were lost since the last report. */
export type LossReport = (lost: LostLines) => void;

/** Least time between two writes, in milliseconds: a write costs as much as formatting a dozen lines. The
 * first line after a pause does not wait. */
const WRITE_INTERVAL = 50;
/** Characters that are written at once without waiting for more. */
const EARLY_WRITE = 64 * 1024;
/** Characters that wait at most: some seconds of the lines of a busy server. */
const LARGEST_BUFFER = 1024 * 1024;
/** Least time between two reports, in milliseconds. */
const REPORT_INTERVAL = 60_000;
/** How long the last lines may take when the writer is closed, in milliseconds. */
const CLOSE_TIMEOUT = 1_000;

const TOO_SLOW = "it is written too slowly";

/** Collects lines and writes them. */
export class LineWriter {
  /** Lines that were lost since the beginning. */
  lostLines = 0;

  readonly #target: LineTarget;
  readonly #report: LossReport;
  /** The lines that wait. Adding to a text costs half of collecting lines to be joined. */
  #text = "";
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> | undefined;
  #writtenAt = -Infinity;
  #reopening: PromiseWithResolvers<void> | undefined;
  #reportedLines = 0;
  #reportedAt = -Infinity;
  #reportTimer: ReturnType<typeof setTimeout> | undefined;
  #reason = TOO_SLOW;
  #closed = false;

  /** @param target takes the lines
   * @param report takes reports of lines that were lost */
  constructor(target: LineTarget, report: LossReport) {
    this.#target = target;
    this.#report = report;
  }

  /** Opens the target.
   *
   * @throws the system's error */
  open(): void {
    this.#target.open();
    this.#closed = false;
  }

  /** Adds a line, or several.
   *
   * @param text without the last line end
   * @param count how many lines it has */
  add(text: string, count = 1): void {
    if (this.#closed) {
      this.lostLines += count;
      return;
    }
    const size = this.#text.length + text.length;
    if (size >= LARGEST_BUFFER) return this.#lose({ count, reason: TOO_SLOW });
    this.#text += text + "\n";
    this.#count += count;
    if (this.#writing !== undefined) return;
    if (size >= EARLY_WRITE) this.#begin();
    else if (this.#timer === undefined) this.#schedule();
  }

  /** Begins to write what waits, unless a write is under way. */
  flush(): void {
    if (this.#writing === undefined && this.#count > 0) this.#begin();
  }

  /** Has the target opened anew: what is added from here on goes to the new file.
   *
   * @throws the reason that it cannot be opened; the old one stays in use then */
  reopen(): Promise<void> {
    this.#reopening ??= Promise.withResolvers<void>();
    const { promise } = this.#reopening;
    if (this.#writing === undefined) this.#begin();
    return promise;
  }

  /** Writes what is left and closes the target. Lines that cannot be written in time are lost. */
  async close(): Promise<void> {
    if (this.#writing === undefined) this.#begin();
    await withTimeout(this.#untilWritten(), CLOSE_TIMEOUT);
    this.#closed = true;
    clearTimeout(this.#timer);
    if (this.#count > 0) this.#lose({ count: this.#count, reason: TOO_SLOW });
    this.#take();
    this.#sayLoss();
    this.#target.close();
  }

  async #untilWritten(): Promise<void> {
    while (this.#writing !== undefined || this.#count > 0) {
      if (this.#writing === undefined) this.#begin();
      await this.#writing;
    }
  }

  #schedule(): void {
    const wait = this.#writtenAt + WRITE_INTERVAL - performance.now();
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, wait));
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#write();
  }

  async #write(): Promise<void> {
    do {
      await this.#writeOnce();
    } while (this.#reopening !== undefined || this.#text.length >= EARLY_WRITE);
    this.#writing = undefined;
    if (this.#count > 0 && !this.#closed) this.#schedule();
  }

  async #writeOnce(): Promise<void> {
    const reopening = this.#reopening; // lines that come after this belong to the new file
    if (this.#count > 0) {
      const count = this.#count;
      const lost = await this.#target.write(this.#take(), count);
      if (lost !== undefined) this.#lose(lost);
    }
    this.#writtenAt = performance.now();
    if (reopening === undefined) return;
    this.#reopening = undefined;
    try {
      await this.#target.reopen();
      reopening.resolve();
    } catch (error) {
      reopening.reject(error);
    }
  }

  /** The text of all lines that wait; none wait afterwards. */
  #take(): string {
    const text = this.#text;
    this.#text = "";
    this.#count = 0;
    return text;
  }

  #lose({ count, reason }: LostLines): void {
    this.lostLines += count;
    this.#reason = reason;
    if (this.#reportTimer !== undefined) return;
    const wait = this.#reportedAt + REPORT_INTERVAL - performance.now();
    if (wait <= 0) return this.#sayLoss();
    this.#reportTimer = setTimeout(() => this.#sayLoss(), wait);
    this.#reportTimer.unref(); // a process that ends closes the writer, which reports
  }

  #sayLoss(): void {
    clearTimeout(this.#reportTimer);
    this.#reportTimer = undefined;
    const count = this.lostLines - this.#reportedLines;
    if (count === 0) return;
    this.#reportedLines = this.lostLines;
    this.#reportedAt = performance.now();
    this.#report({ count, reason: this.#reason });
  }
}
