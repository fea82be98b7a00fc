// The error log as the program around a server uses it. Before the options are known, lines wait. They are
// written as plain text if the program ends before, as what is wrong with its arguments is for a person.

import { EventLog, type EventLogOptions, type LogFormat } from "./event_log.ts";
import { errorText } from "./error_text.ts";
import type { LogEvent, LogSink } from "./log_event.ts";
import { writeStandardError } from "./standard_error.ts";

/** The error log of a program. */
export class ProgramLog {
  readonly #program: string;
  readonly #waiting: [event: LogEvent, always: boolean][] = [];
  #log: EventLog | undefined;

  /** @param program its name, with which its lines begin in the format `text` */
  constructor(program: string) {
    this.#program = program;
  }

  /** Takes an event of a server. */
  readonly sink: LogSink = (event) => {
    if (this.#log === undefined) this.#waiting.push([event, false]);
    else this.#log.sink(event);
  };

  /** The format of its lines; undefined before it is open. */
  get format(): LogFormat | undefined {
    return this.#log?.format;
  }

  /** Lines that were lost so far. */
  get lostLines(): number {
    return this.#log?.lostLines ?? 0;
  }

  /** Writes an event of the program itself.
   *
   * @param event the event
   * @param always whether it is written to standard error in any case */
  report(event: LogEvent, always = false): void {
    if (this.#log === undefined) this.#waiting.push([event, always]);
    else this.#log.report(event, this.#program, always);
  }

  /** Opens the log.
   *
   * @throws {LogFileError} when its file cannot be opened */
  open(options: EventLogOptions): void {
    const log = new EventLog(options);
    log.open();
    this.#log = log;
    for (const [event, always] of this.#waiting.splice(0)) this.report(event, always);
  }

  /** Opens the file anew, after a rotation. */
  async reopen(): Promise<void> {
    await this.#log?.reopen();
  }

  /** Writes what is left, and closes the file. */
  async close(): Promise<void> {
    await this.#log?.close();
    for (const [{ message, error }] of this.#waiting.splice(0)) {
      writeStandardError(`${this.#program}: ${message}`);
      if (error !== undefined) writeStandardError(errorText(error));
    }
  }
}
