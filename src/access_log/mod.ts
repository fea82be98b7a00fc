/** Records and formats of the access log, and the events of the error log.
 *
 * @example Two access logs at once
 * ```ts
 * import { serve } from "../../mod.ts";
 * import { accessLogFormatter } from "./mod.ts";
 *
 * const short = accessLogFormatter("{method} {target} {status} {outcome}");
 * const whole = accessLogFormatter("json");
 * await using server = serve(() => new Response("Hello world!"), {
 *   port: 0,
 *   accessLog: (record) => {
 *     console.log(short(record)); // GET / 200 complete
 *     console.log(whole(record)); // {"time":"…","requestId":"…", …
 *   },
 * });
 * await (await fetch(`http://${server.bindAddr}/`)).text();
 * ```
 *
 * @module */

export { ACCESS_FIELDS, type AccessField, type AccessRecord } from "./access_record.ts";
export { type AccessLogFormatter, accessLogFormatter } from "./access_log_format.ts";
export type { Outcome } from "../exchange/finished_response.ts";
export { formatLogEventAsJson } from "../log/log_json.ts";
export { formatLogEvent } from "../log/log_text.ts";
export type { LogEvent, LogLevel, LogSink } from "../log/log_event.ts";
export { LogFileError } from "../log/log_file.ts";
