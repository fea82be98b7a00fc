// The error log of a process: writes events as text or JSON, from a level on, to standard error or a file.
// Lines for standard error are written at once, so that they are not lost when the process ends.

import { openAppendFile } from "../io/append_file.ts";
import { headline } from "./error_text.ts";
import { LineWriter } from "./line_writer.ts";
import type { LogEvent, LogLevel, LogSink } from "./log_event.ts";
import { LogFile, LogFileError } from "./log_file.ts";
import { formatLogEventAsJson } from "./log_json.ts";
import { formatLogEvent } from "./log_text.ts";
import { RepeatLimit } from "./repeat_limit.ts";
import { writeStandardError } from "./standard_error.ts";

/** The form of lines in the error log. */
export type LogFormat = "text" | "json";

/** Where and how events are written. */
export interface EventLogOptions {
  readonly logFormat: LogFormat;
  /** Events below it are left out. */
  readonly logLevel: LogLevel;
  /** The path of a file, or `-` for standard error. */
  readonly logFile: string;
}

/** The levels, the least severe first. */
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Event of what an application prints in a worker. It is written as often as the application prints it. */
export const PRINTED = "printed";

/** The error log of a process. */
export class EventLog {
  /** The form of its lines. */
  readonly format: LogFormat;
  readonly #least: number;
  readonly #path: string;
  readonly #limit = new RepeatLimit((event) => this.#writeLine(this.#lineOf(event)));
  /** Undefined for standard error. */
  readonly #writer: LineWriter | undefined;

  /** Opens nothing. */
  constructor({ logFormat, logLevel, logFile }: EventLogOptions) {
    this.format = logFormat;
    this.#least = LOG_LEVELS.indexOf(logLevel);
    this.#path = logFile;
    if (logFile === "-") return;
    const file = new LogFile(() => openAppendFile(logFile));
    this.#writer = new LineWriter(file, ({ count, reason }) => {
      const message = `Log file lost ${count} ${count === 1 ? "line" : "lines"}: ${reason}`;
      writeStandardError(this.#lineOf({ level: "warn", event: "log-lines-lost", message }));
    });
  }

  /** Lines that were lost so far. */
  get lostLines(): number {
    return this.#writer?.lostLines ?? 0;
  }

  /** Takes an event of a server. */
  readonly sink: LogSink = (event) => {
    if (!this.#isWanted(event)) return;
    if (event.event === PRINTED) this.#writeLine(this.#lineOf(event));
    else this.#limit.take(event, Date.now());
  };

  /** Writes an event of the program around the server.
   *
   * @param event the event
   * @param label in the format `text`, stands for the name of the event
   * @param always whether it is written to standard error in any case: others wait for the line */
  report(event: LogEvent, label: string, always: boolean): void {
    const line = this.#lineOf(event, label);
    if (this.#isWanted(event)) this.#writeLine(line);
    if (always && (this.#writer !== undefined || !this.#isWanted(event))) writeStandardError(line);
  }

  /** Opens the file.
   *
   * @throws {LogFileError} when it cannot be opened */
  open(): void {
    try {
      this.#writer?.open();
    } catch (error) {
      throw new LogFileError(`log file ${JSON.stringify(this.#path)}`, error);
    }
  }

  /** Opens the file anew, after a rotation. A failure is logged, and the old file stays in use. */
  async reopen(): Promise<void> {
    try {
      await this.#writer?.reopen();
    } catch (error) {
      const path = JSON.stringify(this.#path);
      const message = `Cannot open log file ${path} anew, the old file stays in use`;
      // The stack would be that of the server.
      this.sink({ level: "error", event: "log-not-reopened", message, error: headline(error) });
    }
  }

  /** Writes what is left, and closes the file. */
  async close(): Promise<void> {
    this.#limit.flush(Date.now());
    await this.#writer?.close();
  }

  #isWanted({ level }: LogEvent): boolean {
    return LOG_LEVELS.indexOf(level) >= this.#least;
  }

  #lineOf(event: LogEvent, label?: string): string {
    const time = new Date();
    return this.format === "json"
      ? formatLogEventAsJson(event, time)
      : formatLogEvent(event, time, label);
  }

  #writeLine(line: string): void {
    if (this.#writer === undefined) writeStandardError(line);
    else this.#writer.add(line);
  }
}

/** The default sink: one line of text on standard error for each event but `debug`; an `error`'s stack
 * follows on indented lines. Lines that cannot be written are lost; it never throws.
 * The same line is written once a second at most, followed by the number of those that were left out. */
export const logToStandardError: LogSink =
  new EventLog({ logFormat: "text", logLevel: "info", logFile: "-" }).sink;
