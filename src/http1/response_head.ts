// Writes a response head into a send buffer and decides the framing (RFC 9112 §6) and whether the
// connection persists, given the status and fields of an application and what the request allows.
// Framing and connection fields of an application are read as wishes and never copied; every octet of
// the other fields is checked while it is written, so no field can split a response.

import type { CommonFields } from "./common_fields.ts";
import {
  expectFinalStatus,
  expectInterimStatus,
  failEmptyName,
  failForbiddenOctet,
  isNameOctet,
  isValueOctet,
  managedField,
  parseDeclaredLength,
} from "./response_rules.ts";
import type { SendBuffer } from "./send_buffer.ts";
import { forbidsContent, reasonPhrase } from "./status.ts";

/** A field line as an application gives it. */
export type Field = readonly [name: string, value: string];

/** Status and fields of an application's response. */
export interface ResponseHead {
  /** Status code, 200 to 999. */
  readonly status: number;
  /** Reason phrase; the registered one when empty or missing. */
  readonly statusText?: string;
  /** Field lines in order. */
  readonly fields: Iterable<Field>;
}

/** A head that many responses share: its fields are checked and encoded once and then copied. */
export class CachedResponseHead implements ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly fields: readonly Field[];
  /** The encoded fields, once they have been written. */
  written: WrittenFields | undefined;

  /** @param status status code
   * @param statusText reason phrase; the registered one when empty
   * @param fields field lines in order; must not be changed */
  constructor(status: number, statusText: string, fields: readonly Field[]) {
    this.status = status;
    this.statusText = statusText;
    this.fields = fields;
  }
}

/** What the request allows its response. */
export interface ResponseContext {
  readonly method: string;
  /** 0 or 1: the version that the client understands. */
  readonly minorVersion: number;
  /** Whether the request and the server allow the connection to stay open. */
  readonly persistent: boolean;
}

/** How the content of a response is delimited. With `none` there is no content, even if a field
 * declares a length. */
export type ResponseFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

/** The decisions made while a head was written. */
export interface ResponsePlan {
  readonly framing: ResponseFraming;
  readonly persistent: boolean;
}

/** The meaning of the fields that the server manages itself. */
interface FieldFacts {
  /** The declared length. */
  readonly declared: number | undefined;
  /** Whether the application wants the connection closed. */
  readonly closes: boolean;
  readonly ownDate: boolean;
  readonly ownServer: boolean;
}

/** The encoded fields without those that the server manages, and the meaning of the latter. */
interface WrittenFields {
  readonly octets: Uint8Array;
  readonly facts: FieldFacts;
}

/** Made once: an application may replace the global class. */
const encoder = new TextEncoder();

const NO_CONTENT: ResponseFraming = { kind: "none" };
const CHUNKED: ResponseFraming = { kind: "chunked" };
const UNTIL_CLOSE: ResponseFraming = { kind: "close" };

/** Writes response heads for one server. */
export class ResponseHeadWriter {
  readonly #protocol: "HTTP/1.1" | "HTTP/1.0";
  readonly #commonFields: CommonFields;
  readonly #statusLines = new Map<number, Uint8Array>();

  /** @param protocol the version named in each status line, and the highest version that is used
   * @param closing the lines at the end of every head */
  constructor(protocol: "HTTP/1.1" | "HTTP/1.0", closing: CommonFields) {
    this.#protocol = protocol;
    this.#commonFields = closing;
  }

  /** Writes a head and decides how its content is delimited.
   *
   * @param out receives the head; unchanged when an error is thrown
   * @param context what the request allows
   * @param head status and fields of the application
   * @param knownLength octets of content, if all of it is available
   * @param now milliseconds since 1970
   * @returns the framing that the content must now follow, and whether the connection persists
   * @throws {TypeError} when the application's status or a field cannot be sent as it is */
  write(
    out: SendBuffer,
    context: ResponseContext,
    head: ResponseHead,
    knownLength: number | undefined,
    now: number,
  ): ResponsePlan {
    const before = out.length;
    try {
      return this.#write(out, context, head, knownLength, now);
    } catch (error) {
      out.length = before;
      throw error;
    }
  }

  /** Writes an interim response, such as 103 (RFC 9110 §15.2).
   *
   * @throws {TypeError} when the status or a field cannot be sent as it is */
  writeInterim(out: SendBuffer, status: number, fields: Iterable<Field>): void {
    expectInterimStatus(status);
    const before = out.length;
    try {
      this.#writeStatusLine(out, status, "");
      for (const [name, value] of fields) appendField(out, name, value);
      out.appendAscii("\r\n");
    } catch (error) {
      out.length = before;
      throw error;
    }
  }

  /** Writes 101 (Switching Protocols), the last head of a connection (RFC 9110 §7.8).
   *
   * @param fields its fields; framing has no meaning here, and `Connection` is the server's
   * @param date milliseconds since 1970 for a 200 to CONNECT (RFC 9110 §9.3.6); undefined for 101
   * @throws {TypeError} when a field cannot be sent as it is */
  writeUpgrade(out: SendBuffer, fields: Iterable<Field>, date?: number): void {
    const before = out.length;
    try {
      this.#writeStatusLine(out, date === undefined ? 101 : 200, "");
      out.appendAscii(
        date === undefined ? "Connection: Upgrade\r\n" : this.#commonFields.dateLine(date),
      );
      for (const [name, value] of fields) {
        switch (managedField(name)) {
          case "content-length":
          case "connection":
          case "dropped":
            continue;
        }
        appendField(out, name, value);
      }
      out.appendAscii("\r\n");
    } catch (error) {
      out.length = before;
      throw error;
    }
  }

  #write(
    out: SendBuffer,
    context: ResponseContext,
    head: ResponseHead,
    knownLength: number | undefined,
    now: number,
  ): ResponsePlan {
    const { status } = head;
    expectFinalStatus(status);
    this.#writeStatusLine(out, status, head.statusText ?? "");
    const { declared, closes, ownDate, ownServer } = head instanceof CachedResponseHead
      ? appendCachedFields(out, head)
      : appendFields(out, head.fields);
    const framing = this.#frame(context, status, declared ?? knownLength);
    const persistent = context.persistent && !closes && framing.kind !== "close";
    appendFramingField(out, framing, context.method, status, declared, knownLength);
    if (ownDate || ownServer) {
      out.appendAscii(this.#commonFields.linesWithout(now, persistent, ownDate, ownServer));
    } else {
      out.append(this.#commonFields.encodedLines(now, persistent));
    }
    return { framing, persistent };
  }

  /** Applies the rules of RFC 9112 §6.3 for responses. */
  #frame(context: ResponseContext, status: number, length: number | undefined): ResponseFraming {
    if (context.method === "HEAD" || forbidsContent(status)) return NO_CONTENT;
    if (length !== undefined) return { kind: "length", length };
    // RFC 9112 §6.1: chunked only if the request was HTTP/1.1.
    const chunkable = context.minorVersion > 0 && this.#protocol === "HTTP/1.1";
    return chunkable ? CHUNKED : UNTIL_CLOSE;
  }

  #writeStatusLine(out: SendBuffer, status: number, phrase: string): void {
    if (phrase !== "" && phrase !== reasonPhrase(status)) {
      out.appendAscii(`${this.#protocol} ${status} `);
      appendChecked(out, phrase, "reason phrase");
      out.appendAscii("\r\n");
      return;
    }
    let line = this.#statusLines.get(status);
    if (line === undefined) {
      const text = `${this.#protocol} ${status} ${reasonPhrase(status)}\r\n`;
      this.#statusLines.set(status, line = encoder.encode(text));
    }
    out.append(line);
  }
}

function appendCachedFields(out: SendBuffer, head: CachedResponseHead): FieldFacts {
  if (head.written !== undefined) {
    out.append(head.written.octets);
    return head.written.facts;
  }
  const begin = out.length;
  const facts = appendFields(out, head.fields);
  head.written = { octets: out.bytes.slice(begin, out.length), facts };
  return facts;
}

function appendFields(out: SendBuffer, fields: Iterable<Field>): FieldFacts {
  let declared: number | undefined;
  let closes = false;
  let ownDate = false;
  let ownServer = false;
  for (const [name, value] of fields) {
    switch (managedField(name)) {
      case "content-length":
        declared = parseDeclaredLength(value, declared);
        continue;
      case "connection":
        if (hasCloseOption(value)) closes = true;
        continue;
      case "dropped":
        continue;
      case "date":
        ownDate = true;
        break;
      case "server":
        ownServer = true;
        break;
    }
    appendField(out, name, value);
  }
  return { declared, closes, ownDate, ownServer };
}

function appendFramingField(
  out: SendBuffer,
  framing: ResponseFraming,
  method: string,
  status: number,
  declared: number | undefined,
  knownLength: number | undefined,
): void {
  if (framing.kind === "chunked") {
    out.appendAscii("Transfer-Encoding: chunked\r\n");
  } else if (framing.kind === "length") {
    appendContentLength(out, framing.length);
  } else if (framing.kind === "none") {
    if (status === 205) {
      out.appendAscii("Content-Length: 0\r\n"); // RFC 9110 §15.3.6
    } else if (status !== 204) {
      // RFC 9110 §8.6: the length that the content would have with GET and 200; never in a 204. An
      // application that gives no content for HEAD has not said that it would give none for GET.
      const known = method === "HEAD" && status !== 304 && knownLength !== 0;
      const length = declared ?? (known ? knownLength : undefined);
      if (length !== undefined) appendContentLength(out, length);
    }
  }
}

const CONTENT_LENGTH = encoder.encode("Content-Length: ");

function appendContentLength(out: SendBuffer, length: number): void {
  out.append(CONTENT_LENGTH);
  out.appendNumberLine(length);
}

function hasCloseOption(value: string): boolean {
  return /(^|,)[ \t]*close[ \t]*(,|$)/i.test(value);
}

/** Writes a field line, checked octet by octet. */
export function appendField(out: SendBuffer, name: string, value: string): void {
  const size = name.length + value.length + 4;
  out.reserve(size);
  const { bytes } = out;
  let at = out.length;
  if (name.length === 0) failEmptyName();
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (!isNameOctet(code)) failForbiddenOctet("field name", name);
    bytes[at++] = code;
  }
  bytes[at++] = 0x3a;
  bytes[at++] = 0x20;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (!isValueOctet(code)) failForbiddenOctet(`field ${name}`, value);
    bytes[at++] = code;
  }
  bytes[at++] = 0x0d;
  bytes[at++] = 0x0a;
  out.length = at;
}

function appendChecked(out: SendBuffer, text: string, what: string): void {
  out.reserve(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isValueOctet(code)) failForbiddenOctet(what, text);
    out.bytes[out.length++] = code;
  }
}
