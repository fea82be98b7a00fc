// The formats of the access log: Apache's `common` and `combined`, `json`, and templates with fields in
// braces. A format is checked when its formatter is made, so that a line never fails.

import { ACCESS_FIELDS, type AccessField, type AccessRecord } from "./access_record.ts";
import { escapeAsApache, jsonText } from "./escape.ts";

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

/** Apache's `%h %l %u %t "%r" %>s %b`; there are no identities of `%l` and `%u`. */
function commonLine(record: AccessRecord): string {
  const { remoteAddr, time, status, bytesOut } = record;
  const size = bytesOut === 0 ? NOTHING : bytesOut;
  return `${remoteAddr} - - ${apacheTime(time)} "${requestLine(record)}" ${
    status ?? NOTHING
  } ${size}`;
}

/** Apache's common format and `"%{Referer}i" "%{User-agent}i"`. */
function combinedLine(record: AccessRecord): string {
  return `${commonLine(record)} "${shown(record.referer)}" "${shown(record.userAgent)}"`;
}

function requestLine({ method, target, protocol }: AccessRecord): string {
  if (method === undefined) return NOTHING;
  return escapeAsApache(`${method} ${target} ${protocol}`);
}

function jsonLine(record: AccessRecord): string {
  let line = "{";
  for (const field of ACCESS_FIELDS) {
    const value = record[field];
    const json = typeof value === "string" ? jsonText(value) : value ?? null;
    line += `${line.length > 1 ? "," : ""}"${field}":${json}`;
  }
  return line + "}";
}

let lastTime = "";
let lastApacheTime = "";

/** Apache's `%t`: `[02/Jan/2026:03:04:05 +0000]`, in the time zone of the process. Most lines have the
 * second of the line before.
 *
 * @param time RFC 3339 */
function apacheTime(time: string): string {
  const second = time.slice(0, 19);
  if (second === lastTime) return lastApacheTime;
  const date = new Date(time);
  const offset = -date.getTimezoneOffset();
  const zone = (offset < 0 ? "-" : "+") + two(Math.trunc(Math.abs(offset) / 60)) +
    two(Math.abs(offset) % 60);
  const day = `${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  lastTime = second;
  return lastApacheTime = `[${day}:${clock} ${zone}]`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
