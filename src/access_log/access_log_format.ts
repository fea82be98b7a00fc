// The formats of the access log: Apache's `common` and `combined`, `json`, and templates with fields in
// braces. A format is checked when its formatter is made, so that a line never fails.

import { ACCESS_FIELDS, type AccessField, type AccessRecord } from "./access_record.ts";
import { escapeAsApache, jsonText, remembering } from "./escape.ts";

/** Makes the line of a record, without a line end. */
export type AccessLogFormatter = (record: AccessRecord) => string;

const FORMATS: Readonly<Record<string, AccessLogFormatter>> = {
  common: commonLine,
  combined: combinedLine,
  json: jsonLine,
};

/** What stands for a value that there is not, in all formats but `json`. */
const NOTHING = "-";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Makes the formatter of a format.
 *
 * @example Usage
 * ```ts
 * import { accessLogFormatter, serve } from "../../mod.ts";
 *
 * const format = accessLogFormatter("{method} {target} {status} {duration}");
 * await using server = serve(() => new Response("Hello world!"), {
 *   port: 0,
 *   accessLog: (record) => console.log(format(record)), // GET / 200 0.153
 * });
 * await (await fetch(`http://${server.bindAddr}/`)).text();
 * ```
 *
 * @param format `common`, `combined`, `json`, or a template with fields in braces, such as
 * `{method} {target} {status}`; `{{` and `}}` are braces
 * @param label name of the format in messages
 * @returns a function that makes the line of a record, without a line end
 * @throws {RangeError} when the format is none of these */
export function accessLogFormatter(
  format: string,
  label: string = "access log format",
): AccessLogFormatter {
  return Object.hasOwn(FORMATS, format) ? FORMATS[format] : templateFormatter(format, label);
}

function templateFormatter(template: string, label: string): AccessLogFormatter {
  const wrong = (expected: string, got: string) =>
    new RangeError(`Cannot use ${label}: expected ${expected}, got ${JSON.stringify(got)}`);
  // deno-lint-ignore no-control-regex -- a line end would make two lines of one
  if (/[\x00-\x1f\x7f]/.test(template)) throw wrong("no control characters", template);
  // A text, then a field, and so on in turn.
  const texts: string[] = [""];
  const fields: AccessField[] = [];
  for (const [part, name] of template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (name !== undefined) {
      if (!isField(name)) throw wrong(`fields of ${ACCESS_FIELDS.join(", ")}`, part);
      fields.push(name);
      texts.push("");
    } else if (part === "{" || part === "}") {
      throw wrong("every field as {name}, and a single brace as {{ or }}", template);
    } else texts[fields.length] += part === "{{" ? "{" : part === "}}" ? "}" : part;
  }
  if (fields.length === 0) {
    throw wrong("common, combined, json, or a template with fields in braces", template);
  }
  return (record) => {
    let line = texts[0];
    for (let index = 0; index < fields.length; index++) {
      line += shown(record[fields[index]]) + texts[index + 1];
    }
    return line;
  };
}

function isField(name: string): name is AccessField {
  return (ACCESS_FIELDS as readonly string[]).includes(name);
}

function shown(value: string | number | undefined): string {
  if (value === undefined) return NOTHING;
  return typeof value === "string" ? escapeAsApache(value) : String(value);
}

const repeatedText = remembering(escapeAsApache);
const repeatedJson = remembering(jsonText);

/** Apache's `%h %l %u %t "%r" %>s %b`; there are no identities of `%l` and `%u`. */
function commonLine(record: AccessRecord): string {
  const { method, status, bytesOut } = record;
  const request = method === undefined ? NOTHING : escapeAsApache(
    method + " " + (record.target ?? NOTHING) + " " + (record.protocol ?? NOTHING),
  );
  return record.remoteAddr + " - - " + apacheTime(record.time) + ' "' + request + '" ' +
    (status ?? NOTHING) + " " + (bytesOut === 0 ? NOTHING : bytesOut);
}

/** Apache's common format and `"%{Referer}i" "%{User-agent}i"`. */
function combinedLine(record: AccessRecord): string {
  const { referer, userAgent } = record;
  return commonLine(record) + ' "' +
    (referer === undefined ? NOTHING : repeatedText(referer)) + '" "' +
    (userAgent === undefined ? NOTHING : repeatedText(userAgent)) + '"';
}

/** The fields in the order of {@linkcode ACCESS_FIELDS}, written out: a loop over names takes twice as
 * long. */
function jsonLine(record: AccessRecord): string {
  const { method, target, protocol, referer, userAgent, host, tls, traceId, spanId } = record;
  return '{"time":"' + record.time +
    '","requestId":"' + record.requestId +
    '","remoteAddr":' + repeatedJson(record.remoteAddr) +
    ',"method":' + (method === undefined ? null : repeatedJson(method)) +
    ',"target":' + (target === undefined ? null : jsonText(target)) +
    ',"protocol":' + (protocol === undefined ? null : repeatedJson(protocol)) +
    ',"status":' + (record.status ?? null) +
    ',"bytesIn":' + record.bytesIn +
    ',"bytesOut":' + record.bytesOut +
    ',"duration":' + decimal(record.duration) +
    ',"queueTime":' + decimal(record.queueTime) +
    ',"handlerTime":' + decimal(record.handlerTime) +
    ',"workerId":' + (record.workerId ?? null) +
    ',"referer":' + (referer === undefined ? null : repeatedJson(referer)) +
    ',"userAgent":' + (userAgent === undefined ? null : repeatedJson(userAgent)) +
    ',"host":' + (host === undefined ? null : repeatedJson(host)) +
    ',"tls":' + (tls === undefined ? null : repeatedJson(tls)) +
    ',"traceId":' + quotedId(traceId) +
    ',"spanId":' + quotedId(spanId) +
    ',"outcome":"' + record.outcome + '"}';
}

/** Ids have digits and letters only. */
function quotedId(id: string | undefined): string {
  return id === undefined ? "null" : '"' + id + '"';
}

/** Writes milliseconds with their microseconds. The language's own conversion of fractions takes three times
 * as long. */
function decimal(milliseconds: number): string {
  const whole = Math.trunc(milliseconds);
  const thousandths = Math.round((milliseconds - whole) * 1_000);
  if (thousandths === 0 || thousandths === 1_000) return String(whole + thousandths / 1_000);
  const digits = String(thousandths + 1_000);
  return whole + "." + digits.slice(1);
}

let lastSecond = "none";
let lastApacheTime = "";

/** Apache's `%t`: `[02/Jan/2026:03:04:05 +0000]`, in the time zone of the process. Most lines have the
 * second of the line before.
 *
 * @param time RFC 3339 */
function apacheTime(time: string): string {
  if (time.startsWith(lastSecond)) return lastApacheTime;
  const date = new Date(time);
  const offset = -date.getTimezoneOffset();
  const zone = (offset < 0 ? "-" : "+") + two(Math.trunc(Math.abs(offset) / 60)) +
    two(Math.abs(offset) % 60);
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  lastSecond = time.slice(0, 19);
  return lastApacheTime = `[${day}:${clock} ${zone}]`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
