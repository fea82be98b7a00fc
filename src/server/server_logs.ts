// The logs of a server: its access log, and its error log unless events go to `onLog`. They are opened
// when the server binds and closed when it has stopped.

import { all, Promise } from "../io/platform.ts";
import { type AccessLog, createAccessLog } from "../access_log/access_log.ts";
import type { FinishedListener } from "../exchange/finished_response.ts";
import { EventLog, logToStandardError } from "../log/event_log.ts";
import type { LogSink } from "../log/log_event.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";

/** The logs of one server. */
export class ServerLogs {
  /** Takes events. */
  readonly sink: LogSink;
  /** Undefined without an access log. */
  readonly accessLog: AccessLog | undefined;
  /** Undefined when events go elsewhere. */
  readonly #eventLog: EventLog | undefined;
  #clearedLines = 0;
  #otherLostLines = () => 0;

  /** Opens nothing.
   *
   * @param options the options in force */
  constructor(options: ResolvedOptions) {
    const { accessLog, accessLogFormat, onLog, logFile, logFormat, logLevel } = options;
    const isUsual = logFile === "-" && logFormat === "text" && logLevel === "info";
    if (onLog === logToStandardError && !isUsual) this.#eventLog = new EventLog(options);
    this.sink = this.#eventLog?.sink ?? onLog;
    if (accessLog === undefined) return;
    this.accessLog = createAccessLog(accessLog, accessLogFormat, (event) => this.sink(event));
  }

  /** The listeners of finished responses. */
  get listeners(): readonly FinishedListener[] {
    return this.accessLog === undefined ? [] : [this.accessLog.listener];
  }

  /** Lines that were lost since {@linkcode clearLostLines}. */
  get lostLines(): number {
    return this.#allLostLines - this.#clearedLines;
  }

  /** Counts the lost lines of another log too. */
  countAlso(lostLines: () => number): void {
    this.#otherLostLines = lostLines;
  }

  /** Counts lost lines from 0 again. */
  clearLostLines(): void {
    this.#clearedLines = this.#allLostLines;
  }

  /** Opens the files.
   *
   * @throws {LogFileError} when one cannot be opened */
  open(): void {
    this.#eventLog?.open();
    this.accessLog?.open();
  }

  /** Opens the files anew, after a rotation. A failure is logged, and the old file stays in use. */
  async reopen(): Promise<void> {
    await all([this.#eventLog?.reopen(), this.accessLog?.reopen()]);
  }

  /** Writes what is left, and closes the files.
   *
   * @param reportEnd logs the last event */
  async close(reportEnd?: () => void): Promise<void> {
    await this.accessLog?.close(); // it may log that lines were lost
    reportEnd?.();
    await this.#eventLog?.close();
  }

  get #allLostLines(): number {
    const own = (this.#eventLog?.lostLines ?? 0) + (this.accessLog?.lostLines ?? 0);
    return own + this.#otherLostLines();
  }
}
