// The access log of a server: a line, or the call of a function, for every finished response. It stands on
// the event `finished` alone. Shards format their own lines, and the main thread writes them.

import { caught, Promise } from "../io/platform.ts";
import type { FinishedListener } from "../exchange/finished_response.ts";
import { openAppendFile, standardOutput } from "../io/append_file.ts";
import { headline } from "../log/error_text.ts";
import { LineWriter, type LostLines } from "../log/line_writer.ts";
import type { LogEvent } from "../log/log_event.ts";
import { LogFile, LogFileError } from "../log/log_file.ts";
import { type AccessLogFormatter, accessLogFormatter } from "./access_log_format.ts";
import { type AccessRecord, FinishedRecord, snapshot } from "./access_record.ts";

/** Takes the record of each finished response. It must not block; what it throws is dropped. */
export type AccessListener = (record: AccessRecord) => void;

/** Where the access log goes: to a file, to standard output (`-`), or to a function. */
export type AccessLogTarget = string | AccessListener;

/** The access log of a server. */
export interface AccessLog {
  /** Takes finished responses. */
  readonly listener: FinishedListener;
  /** Lines that were lost so far. */
  readonly lostLines: number;
  /** Opens the file.
   *
   * @throws {LogFileError} when it cannot be opened */
  open(): void;
  /** Opens the file anew, after a rotation. A failure is logged, and the old file stays in use. */
  reopen(): Promise<void>;
  /** Writes what is left, and closes the file. */
  close(): Promise<void>;
  /** The format of the lines that {@linkcode takeLines} takes. */
  readonly format: string;
  /** Takes lines of another thread.
   *
   * @param text without the last line end
   * @param count how many lines it has */
  takeLines(text: string, count: number): void;
}

/** Makes an access log; opens nothing.
 *
 * @param target where it goes
 * @param format format of its lines
 * @param log takes the event that lines were lost
 * @throws {RangeError} when the format is none */
export function createAccessLog(
  target: AccessLogTarget,
  format: string,
  log: (event: LogEvent) => void,
): AccessLog {
  return typeof target === "function"
    ? new CalledAccessLog(target)
    : new WrittenAccessLog(target, format, log);
}

/** Makes the listener that formats each finished response.
 *
 * @param format makes a line of a record
 * @param add takes the line
 * @param workerId number of this thread; undefined in the main thread */
export function lineListener(
  format: AccessLogFormatter,
  add: (line: string) => void,
  workerId?: number,
): FinishedListener {
  return (response) => add(format(new FinishedRecord(response, Date.now(), workerId)));
}

/** An access log that is written. */
class WrittenAccessLog implements AccessLog {
  readonly listener: FinishedListener;
  readonly format: string;
  readonly #name: string;
  readonly #writer: LineWriter;
  readonly #log: (event: LogEvent) => void;

  constructor(path: string, format: string, log: (event: LogEvent) => void) {
    this.format = format;
    this.#name = path === "-" ? "standard output" : JSON.stringify(path);
    this.#log = log;
    const file = new LogFile(path === "-" ? () => standardOutput : () => openAppendFile(path));
    const writer = new LineWriter(file, (lost) => this.#reportLoss(lost));
    this.#writer = writer;
    this.listener = lineListener(accessLogFormatter(format), (line) => writer.add(line));
  }

  get lostLines(): number {
    return this.#writer.lostLines;
  }

  open(): void {
    try {
      this.#writer.open();
    } catch (error) {
      throw new LogFileError(`access log ${this.#name}`, error);
    }
  }

  async reopen(): Promise<void> {
    try {
      await this.#writer.reopen();
    } catch (error) {
      const message = `Cannot open access log ${this.#name} anew, the old file stays in use`;
      // The stack would be that of the server.
      const reason = headline(error);
      this.#log({ level: "error", event: "log-not-reopened", message, error: reason });
    }
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  takeLines(text: string, count: number): void {
    this.#writer.add(text, count);
  }

  #reportLoss({ count, reason }: LostLines): void {
    const message = `Access log lost ${count} ${count === 1 ? "line" : "lines"}: ${reason}`;
    this.#log({ level: "warn", event: "log-lines-lost", message });
  }
}

/** An access log that is a function. */
class CalledAccessLog implements AccessLog {
  readonly lostLines = 0;
  /** Lines of another thread are records again. */
  readonly format = "json";
  readonly listener: FinishedListener;
  readonly #call: AccessListener;

  constructor(call: AccessListener) {
    this.#call = call;
    this.listener = (response) => {
      const result: unknown = call(snapshot(new FinishedRecord(response, Date.now())));
      // TypeScript accepts an async function. Its rejection would end the process.
      if (result instanceof Promise) caught(result, () => {});
    };
  }

  open(): void {}

  reopen(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  takeLines(text: string): void {
    for (const line of text.split("\n")) {
      try {
        this.#call(JSON.parse(line, (_, value) => value ?? undefined));
      } catch {
        // As in the thread of the server.
      }
    }
  }
}
