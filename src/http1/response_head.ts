// How does an answer begin, and how will its content end? Given the request's side of it, the status
// and the fields that an application wants, this writes the head into a send buffer and decides the
// framing (RFC 9112 §6) and whether the connection may persist. Framing and connection management are
// the server's: what an application says of them is read as a wish and never copied. Every octet of
// its fields is checked while it is written, so nothing can split a response.

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

/** Status and fields that an application answers with. */
export interface ResponseHead {
  /** Status code, 200 to 999. */
  readonly status: number;
  /** Reason phrase; the registered one when empty or missing. */
  readonly statusText?: string;
  /** Field lines in order. */
  readonly fields: Iterable<Field>;
}

/** A head that many answers have: its fields are checked and written once, and copied from then on. */
export class CachedResponseHead implements ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly fields: readonly Field[];
  /** What became of the fields, once they were written. */
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

/** What an answer has to know of its request. */
export interface ResponseContext {
  readonly method: string;
  /** 0 or 1: what the client understands. */
  readonly minorVersion: number;
  /** Whether the connection may stay open as far as the request and the server are concerned. */
  readonly persistent: boolean;
}

/** How the content of a response is delimited. `none` has no content at all, whatever its fields say. */
export type ResponseFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

/** What was decided while a head was written. */
export interface ResponsePlan {
  readonly framing: ResponseFraming;
  readonly persistent: boolean;
}

/** What fields say that are the server's business. */
interface FieldFacts {
  /** Length that they declare. */
  readonly declared: number | undefined;
  /** Whether the connection is to be closed. */
  readonly closes: boolean;
  readonly ownDate: boolean;
  readonly ownServer: boolean;
}

/** The octets of fields, without those that are the server's business, and what these say. */
interface WrittenFields {
  readonly octets: Uint8Array;
  readonly facts: FieldFacts;
}

const NO_CONTENT: ResponseFraming = { kind: "none" };
const CHUNKED: ResponseFraming = { kind: "chunked" };
const UNTIL_CLOSE: ResponseFraming = { kind: "close" };

/** Writes response heads for one server. */
export class ResponseHeadWriter {
  readonly #protocol: "HTTP/1.1" | "HTTP/1.0";
  readonly #commonFields: CommonFields;
  readonly #statusLines = new Map<number, Uint8Array>();

  /** @param protocol the version named in each status line, and the ceiling of what is used
   * @param closing the lines that end every head */
  constructor(protocol: "HTTP/1.1" | "HTTP/1.0", closing: CommonFields) {
    this.#protocol = protocol;
    this.#commonFields = closing;
  }

  /** Writes a head and decides how its content ends.
   *
   * @param out where it goes; left as it was when something is refused
   * @param context what the request allows
   * @param head what the application wants
   * @param knownLength octets of content when all of it is at hand
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

  /** RFC 9112 §6.3, the rules for responses. */
  #frame(context: ResponseContext, status: number, length: number | undefined): ResponseFraming {
    if (context.method === "HEAD" || forbidsContent(status)) return NO_CONTENT;
    if (length !== undefined) return { kind: "length", length };
    // RFC 9112 §6.1: chunked only for those who said that they are 1.1.
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
      this.#statusLines.set(status, line = new TextEncoder().encode(text));
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
      // RFC 9110 §8.6: HEAD and 304 tell the length that the content would have had, none in a 204.
      const length = declared ?? (method === "HEAD" ? knownLength : undefined);
      if (length !== undefined) appendContentLength(out, length);
    }
  }
}

const CONTENT_LENGTH = new TextEncoder().encode("Content-Length: ");

function appendContentLength(out: SendBuffer, length: number): void {
  out.append(CONTENT_LENGTH);
  out.appendNumberLine(length);
}

function hasCloseOption(value: string): boolean {
  return /(^|,)[ \t]*close[ \t]*(,|$)/i.test(value);
}

function appendField(out: SendBuffer, name: string, value: string): void {
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
