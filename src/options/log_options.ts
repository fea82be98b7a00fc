// Fills in the options about logs and refuses those that would have no effect. It is given values that have
// passed their own checks, and opens nothing.

import { resolve } from "node:path";
import type { AccessLogTarget } from "../access_log/access_log.ts";
import type { EventLogOptions } from "../log/event_log.ts";
import { DEFAULTS } from "./defaults.ts";
import type { ServerOptions } from "./server_options.ts";

/** The options about logs that are in force. */
export interface ResolvedLogs extends EventLogOptions {
  /** See {@linkcode ServerOptions.accessLog}; a path is absolute. */
  readonly accessLog: AccessLogTarget | undefined;
  /** See {@linkcode ServerOptions.accessLogFormat}. */
  readonly accessLogFormat: string;
  /** See {@linkcode ServerOptions.captureOutput}. */
  readonly captureOutput: boolean;
}

/** Fills in the options about logs.
 *
 * @param given the options that were given
 * @returns the options in force
 * @throws {TypeError} when one of them would have no effect */
export function resolveLogs(given: ServerOptions): ResolvedLogs {
  const { accessLog, onLog } = given;
  if (given.accessLogFormat !== undefined && typeof accessLog !== "string") {
    throw new TypeError(
      accessLog === undefined
        ? "Cannot use accessLogFormat without accessLog: expected a file, or - for standard output"
        : "Cannot use accessLogFormat with a function as accessLog: it gets records, not lines",
    );
  }
  for (const name of ["logFile", "logFormat", "logLevel"] as const) {
    if (onLog === undefined || given[name] === undefined) continue;
    throw new TypeError(`Cannot use ${name} together with onLog: expected the one or the other`);
  }
  const {
    accessLogFormat = DEFAULTS.accessLogFormat,
    logFile = DEFAULTS.logFile,
    logFormat = DEFAULTS.logFormat,
    logLevel = DEFAULTS.logLevel,
  } = given;
  return {
    accessLog: typeof accessLog === "string" ? absolute(accessLog) : accessLog,
    accessLogFormat,
    logFile: absolute(logFile),
    logFormat,
    logLevel,
    captureOutput: given.captureOutput ?? logFormat === "json",
  };
}

/** The application may change the working directory. */
function absolute(path: string): string {
  return path === "-" ? path : resolve(path);
}
