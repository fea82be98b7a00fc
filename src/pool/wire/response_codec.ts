// Writes and reads the head of a response as text for the wire between threads. Lines are separated by LF,
// which no part of a head can hold: that is checked here.

import { CachedResponseHead, type Field, type ResponseHead } from "../../http1/response_head.ts";
import {
  expectCopiedField,
  expectField,
  expectFinalStatus,
  expectInterimStatus,
  expectPhrase,
  trailerFields,
} from "../../http1/response_rules.ts";
import { FieldSection } from "../../http1/field_section.ts";
import { ParseCache } from "./parse_cache.ts";

/** Writes the head of a final response. The server's rules for responses are checked already here, where
 * the application's gateway can still respond with an error when one is broken.
 *
 * @throws {TypeError} when a part of it cannot be sent */
export function encodeResponse(head: ResponseHead): string {
  expectFinalStatus(head.status);
  if (head.statusText) expectPhrase(head.statusText);
  let declared: number | undefined;
  return encodeHead(head, (name, value) => declared = expectField(name, value, declared));
}

/** Writes an interim response, by the rules for these.
 *
 * @throws {TypeError} when a part of it cannot be sent */
export function encodeInterim(status: number, fields: Iterable<Field>): string {
  expectInterimStatus(status);
  return encodeHead({ status, fields }, expectCopiedField);
}

/** Writes the fields of a 101 (Switching Protocols).
 *
 * @throws {TypeError} when a field cannot be sent */
export function encodeUpgrade(fields: Iterable<Field>): string {
  return encodeHead({ status: 101, fields }, expectCopiedField);
}

/** Writes fields behind the content.
 *
 * @throws {TypeError} when a field cannot be sent */
export function encodeTrailers(trailers: Iterable<Field>): string {
  return FieldSection.from(trailerFields(trailers)).lines;
}

/** Reads what {@linkcode encodeTrailers} wrote. */
export function decodeTrailers(text: string): FieldSection | undefined {
  return text === "" ? undefined : FieldSection.ofLines(text);
}

function encodeHead(head: ResponseHead, check: (name: string, value: string) => void): string {
  let text = `${head.status}\n${singleLine(head.statusText ?? "", "reason phrase")}`;
  for (const [name, value] of head.fields) {
    check(name, value);
    text += `\n${singleLine(name, "field name")}\n${singleLine(value, `field ${name}`)}`;
  }
  return text;
}

/** Reads what {@linkcode encodeResponse}, {@linkcode encodeInterim} or {@linkcode encodeUpgrade} wrote. */
export function decodeResponse(text: string): ResponseHead {
  return responseCache.get(text);
}

function parseResponse(text: string): CachedResponseHead {
  const lines = text.split("\n");
  const fields: Field[] = [];
  for (let i = 2; i < lines.length; i += 2) fields.push([lines[i], lines[i + 1]]);
  return new CachedResponseHead(Number(lines[0]), lines[1], fields);
}

const responseCache = new ParseCache(parseResponse);

function singleLine(text: string, what: string): string {
  if (!text.includes("\n")) return text;
  throw new TypeError(
    `Cannot send ${what}: it holds a line end, got ${JSON.stringify(text.slice(0, 64))}`,
  );
}
