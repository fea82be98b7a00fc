// What is the next request (RFC 9112 §2.1)? Reads a head from a buffer that fills bit by bit, looks at
// each octet once, and answers with everything that later code needs to know: target, fields, framing,
// persistence, expectation. It has no clock and never looks behind the head.

import { FieldLineScanner, type UnderscorePolicy } from "./field_line_scanner.ts";
import { type FieldSection, fieldSectionOf } from "./field_section.ts";
import { decideFraming, type Framing, NO_CONTENT } from "./framing.ts";
import { CR, equalsIgnoringCase, LF, listElements, textOf } from "./grammar.ts";
import { isHost } from "./host.ts";
import { parseConnectionOptions, wantsPersistence } from "./persistence.ts";
import { ProtocolError, type ProtocolErrorCode, quoted } from "./protocol_error.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";
import { RequestLineScanner } from "./request_line.ts";
import type { RequestTarget } from "./request_target.ts";

/** Limits and manners of request heads. */
export interface HeadLimits {
  /** Octets of the request line without its line end; more is 414. */
  readonly maxRequestLineSize: number;
  /** Octets of the field lines with their line ends; more is 431. */
  readonly maxHeadSize: number;
  /** Field lines; more is 431. */
  readonly maxFieldCount: number;
  /** Empty lines before a request; more is 400. */
  readonly maxEmptyLines: number;
  /** Octets of the method; more is 501. */
  readonly maxMethodSize: number;
  /** What becomes of fields whose name has an underscore. */
  readonly underscoreHeaders: UnderscorePolicy;
  /** Whether to refuse methods with lower-case letters and targets that RFC 3986 excludes. */
  readonly strictMode: boolean;
  /** Whether CONNECT is taken. */
  readonly proxyMode: boolean;
}

/** A complete request head. */
export interface RequestHead {
  /** The method as sent. */
  readonly method: string;
  /** What is asked for. */
  readonly target: RequestTarget;
  /** 0 for HTTP/1.0; 1 for HTTP/1.1 and higher, which are served as 1.1. */
  readonly minorVersion: 0 | 1;
  /** The version as sent, such as `HTTP/1.1`. */
  readonly protocol: string;
  /** The field lines. */
  readonly fields: FieldSection;
  /** Host and port: of the target if it has them, else of Host, else empty. */
  readonly authority: string;
  /** How the content is delimited. */
  readonly framing: Framing;
  /** Whether the client wants to keep the connection. */
  readonly persistent: boolean;
  /** Whether the client waits for 100 (Continue); never in HTTP/1.0. */
  readonly expectContinue: boolean;
  /** Whether the client expects something else, which is to be answered with 417. */
  readonly unknownExpectation: boolean;
}

type State = "empty-lines" | "request-line" | "fields";

const NOT_FOUND = -1;

/** Reads request heads, one after the other. */
export class RequestHeadParser {
  readonly #limits: HeadLimits;
  readonly #line: RequestLineScanner;
  readonly #lines: FieldLineScanner;
  #state: State = "empty-lines";
  #emptyLines = 0;
  #insideEmptyLine = false;
  #failure: unknown;

  /** @param limits what heads must keep to */
  constructor(limits: HeadLimits) {
    this.#limits = limits;
    this.#line = new RequestLineScanner(limits);
    this.#lines = new FieldLineScanner({
      maxSize: limits.maxHeadSize,
      maxCount: limits.maxFieldCount,
      underscore: limits.underscoreHeaders,
      tooLarge: "head-too-large",
      tooMany: "too-many-fields",
      malformed: "malformed-field-line",
    });
  }

  /** Whether an octet of a request has been seen; empty lines before it do not count. */
  get started(): boolean {
    return this.#state !== "empty-lines";
  }

  /** Goes on reading; takes nothing but empty lines from the buffer until the head is complete, then
   * all of it, and is ready for the next one.
   *
   * @param buffer what has arrived
   * @returns the head, or undefined when more octets are needed
   * @throws {ProtocolError} when it is refused; the same one at every further call */
  parse(buffer: ReceiveBuffer): RequestHead | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return this.#advance(buffer);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #advance(buffer: ReceiveBuffer): RequestHead | undefined {
    if (this.#state === "empty-lines") {
      if (!this.#skipEmptyLines(buffer)) return undefined;
      this.#line.begin();
      this.#state = "request-line";
    }
    const { bytes, start, end } = buffer;
    if (this.#state === "request-line") {
      if (!this.#line.scan(bytes, start, end)) return undefined;
      this.#lines.begin(this.#line.position);
      this.#state = "fields";
    }
    if (!this.#lines.scan(bytes, start, end)) return undefined;
    const size = this.#lines.position;
    const text = textOf(bytes.subarray(start, start + size), !this.#lines.obsText);
    const head = this.#complete(text);
    buffer.consume(size);
    this.#state = "empty-lines";
    this.#emptyLines = 0;
    return head;
  }

  /** Takes empty lines (RFC 9112 §2.2); says whether an octet of something else waits behind them. */
  #skipEmptyLines(buffer: ReceiveBuffer): boolean {
    while (buffer.start < buffer.end) {
      const octet = buffer.bytes[buffer.start];
      if (this.#insideEmptyLine) {
        if (octet !== LF) {
          fail(
            "malformed-request-line",
            "RFC 9112 §2.2",
            "Cannot read request line: CR without LF",
          );
        }
        this.#emptyLines++;
      } else {
        if (octet !== CR) return true;
        if (this.#emptyLines === this.#limits.maxEmptyLines) {
          const message =
            `Cannot find request: more than ${this.#emptyLines} empty lines before it`;
          fail("too-many-empty-lines", "RFC 9112 §2.2", message);
        }
      }
      this.#insideEmptyLine = !this.#insideEmptyLine;
      buffer.consume(1);
    }
    return false;
  }

  #complete(text: string): RequestHead {
    const line = this.#line;
    const fields = fieldSectionOf(text, this.#lines);
    const target = line.target ?? originForm(text, line);
    const minorVersion = line.minorVersion === 0 ? 0 : 1;

    // One pass finds the few fields that the protocol itself needs; most heads have one or two.
    let host = NOT_FOUND;
    let framed = false;
    let connection: string | undefined;
    let expect: string | undefined;
    const { names, values } = fields;
    for (let index = 0; index < names.length; index++) {
      const name = names[index];
      switch (name.length) {
        case 4:
          if (!equalsIgnoringCase(name, "host")) break;
          if (host !== NOT_FOUND) failDuplicateHost();
          host = index;
          break;
        case 6:
          if (equalsIgnoringCase(name, "expect")) expect = joined(expect, values[index]);
          break;
        case 10:
          if (equalsIgnoringCase(name, "connection")) {
            connection = joined(connection, values[index]);
          }
          break;
        case 14:
          if (equalsIgnoringCase(name, "content-length")) framed = true;
          break;
        case 17:
          if (equalsIgnoringCase(name, "transfer-encoding")) framed = true;
          break;
      }
    }
    const authority = authorityOf(
      target,
      host === NOT_FOUND ? undefined : values[host],
      minorVersion,
    );
    const framing = framed ? decideFraming(fields, minorVersion) : NO_CONTENT;
    const persistent = connection === undefined
      ? minorVersion === 1
      : wantsPersistence(minorVersion, parseConnectionOptions(connection));
    // RFC 9110 §10.1.1: an expectation in HTTP/1.0 is to be ignored.
    const expectation = expect === undefined || minorVersion === 0 ? "none" : expectationOf(expect);
    return {
      method: text.substring(0, line.methodEnd),
      target,
      minorVersion,
      protocol: protocolOf(line.minorVersion),
      fields,
      authority,
      framing,
      persistent,
      expectContinue: expectation === "continue",
      unknownExpectation: expectation === "unknown",
    };
  }
}

function originForm(text: string, line: RequestLineScanner): RequestTarget {
  const { methodEnd, queryMark, targetEnd } = line;
  const raw = text.substring(methodEnd + 1, targetEnd);
  if (queryMark === 0) return { form: "origin", raw, path: raw, query: "" };
  const path = text.substring(methodEnd + 1, queryMark);
  return { form: "origin", raw, path, query: text.substring(queryMark + 1, targetEnd) };
}

function protocolOf(minorVersion: number): string {
  if (minorVersion === 1) return "HTTP/1.1";
  return "HTTP/1." + minorVersion;
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : before + "," + value;
}

/** Judges Host (RFC 9112 §3.2) and says which authority the request is for. */
function authorityOf(target: RequestTarget, host: string | undefined, minorVersion: 0 | 1): string {
  const named = target.form === "absolute" || target.form === "authority";
  if (host === undefined) {
    if (minorVersion === 1) {
      fail("missing-host", "RFC 9112 §3.2", "Cannot accept request: it has no Host field");
    }
  } else if (!isHost(host) && (host !== "" || named)) {
    // An empty value is what a client sends whose target URI has no authority.
    const message = `Cannot read Host: expected a host with or without a port, got ${quoted(host)}`;
    fail("malformed-host", "RFC 9112 §3.2", message);
  }
  return named ? target.authority : host ?? "";
}

function expectationOf(expect: string): "none" | "continue" | "unknown" {
  const expectations = listElements(expect);
  if (expectations.length === 0) return "none";
  const known = expectations.every((element) => equalsIgnoringCase(element, "100-continue"));
  return known ? "continue" : "unknown";
}

function failDuplicateHost(): never {
  fail("duplicate-host", "RFC 9112 §3.2", "Cannot accept request: it has more than one Host field");
}

function fail(code: ProtocolErrorCode, clause: string, message: string): never {
  throw new ProtocolError(code, 400, clause, message);
}
