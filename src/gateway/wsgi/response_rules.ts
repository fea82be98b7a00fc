// Checks the arguments of startResponse by PEP 3333's rules for status and headers. It runs inside the
// application's own call, so that the application gets the error.

import { Promise } from "../../io/platform.ts";
import type { Field } from "../../http1/response_head.ts";

/** A status and headers that have passed the check. */
export interface CheckedHead {
  readonly status: number;
  readonly statusText: string;
  readonly fields: readonly Field[];
  /** Value of Content-Length; undefined without one. */
  readonly declaredLength: number | undefined;
  /** Names of fields that were left out, because only the server may send them. */
  readonly dropped: readonly string[];
}

/** Fields that only the server may send (RFC 9110 §7.6.1 and PEP 3333). `Connection` is not among them: the
 * server takes `close` as a wish. Nor is `Proxy-Authenticate`, which a 407 needs (RFC 9110 §11.7.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
]);

const NO_NAMES: readonly string[] = [];

/** Checks the arguments of startResponse.
 *
 * @param status such as `"200 OK"`
 * @param headers name and value pairs
 * @returns the same, in the form that an exchange takes
 * @throws {TypeError} when they break PEP 3333 or could not be sent */
export function checkHead(status: unknown, headers: unknown): CheckedHead {
  const [code, phrase] = checkStatus(status);
  if (!Array.isArray(headers)) {
    throw new TypeError(
      `Cannot start response: expected headers in an array of pairs, got ${kindOf(headers)}`,
    );
  }
  const fields: Field[] = [];
  let declaredLength: number | undefined;
  let dropped = NO_NAMES;
  for (const header of headers) {
    const [name, value] = checkHeader(header);
    if (isHopByHop(name) && !isUpgradeOf426(code, name)) {
      dropped = [...dropped, name];
      continue;
    }
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      declaredLength = checkLength(value, declaredLength);
    }
    fields.push([name, value]);
  }
  return { status: code, statusText: phrase, fields, declaredLength, dropped };
}

function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name.toLowerCase());
}

/** A 426 names the protocols that the client may change to (RFC 9110 §15.5.22). */
function isUpgradeOf426(status: number, name: string): boolean {
  return status === 426 && /^upgrade$/i.test(name);
}

function checkStatus(status: unknown): [code: number, phrase: string] {
  if (typeof status !== "string") {
    throw new TypeError(`Cannot start response: expected status as text, got ${kindOf(status)}`);
  }
  const match = /^([2-9][0-9]{2}) ([\x21-\x7e\xa0-\xff][\t\x20-\x7e\xa0-\xff]*)?$/.exec(status);
  if (match === null || /[\t ]$/.test(match[2] ?? "")) {
    throw new TypeError(
      `Cannot start response: expected a status such as "200 OK", got ${quoted(status)}`,
    );
  }
  return [Number(match[1]), match[2] ?? ""];
}

function checkHeader(header: unknown): [name: string, value: string] {
  if (!Array.isArray(header) || header.length !== 2) {
    throw new TypeError(
      `Cannot start response: expected a header as a pair of name and value, got ${kindOf(header)}`,
    );
  }
  const [name, value] = header;
  if (typeof name !== "string" || typeof value !== "string") {
    throw new TypeError(
      `Cannot start response: expected name and value of a header as text, got ${kindOf(name)} ` +
        `and ${kindOf(value)}`,
    );
  }
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    throw new TypeError(`Cannot start response: expected a header name, got ${quoted(name)}`);
  }
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new TypeError(
      `Cannot start response: expected Latin-1 text without control characters as value of ${name}, ` +
        `got ${quoted(value)}`,
    );
  }
  return [name, value];
}

function checkLength(value: string, earlier: number | undefined): number {
  const length = /^[0-9]{1,16}$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(length) || (earlier !== undefined && earlier !== length)) {
    throw new TypeError(
      `Cannot start response: expected one decimal number as Content-Length, got ${quoted(value)}`,
    );
  }
  return length;
}

/** The type of a value, for a message. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Promise) return "a promise, which has to be awaited";
  return typeof value;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? text.slice(0, 64) + "…" : text);
}
