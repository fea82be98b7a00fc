// Parses request heads (RFC 9112 §2.1) from a buffer that is filled step by step. It never starts again,
// however the input is cut, and gives all that later code needs: target, fields, framing, persistence,
// expectation. It has no clock and never looks behind the head.

import { FieldLineScanner, type UnderscorePolicy } from "./field_line_scanner.ts";
import { type FieldSection, fieldSectionOf } from "./field_section.ts";
import type { Framing } from "./framing.ts";
import { CR, LF, textOf } from "./grammar.ts";
import { failHost, interpretFields, type RequestFields } from "./request_fields.ts";
import { ProtocolError, type ProtocolErrorCode } from "./protocol_error.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";
import { RequestLineScanner } from "./request_line.ts";
import { type OriginForm, originForm, type RequestTarget } from "./request_target.ts";
import { FieldSectionCache } from "./field_section_cache.ts";

/** Limits and rules for request heads. */
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
  /** How fields whose name has an underscore are treated. */
  readonly underscoreHeaders: UnderscorePolicy;
  /** Whether to reject methods with lower-case letters and targets that RFC 3986 excludes. */
  readonly strictMode: boolean;
  /** Whether CONNECT is accepted. */
  readonly proxyMode: boolean;
}

/** Head limits of a server and of a `HeaderReader` that are given no others. */
export const DEFAULT_HEAD_LIMITS: Pick<
  HeadLimits,
  "maxRequestLineSize" | "maxHeadSize" | "maxFieldCount"
> = Object.freeze({
  maxRequestLineSize: 8 * 1024,
  maxHeadSize: 32 * 1024, // as Kestrel, between Node's 16 and Envoy's 60
  maxFieldCount: 100, // as hyper, Envoy, Kestrel and gunicorn
});

/** A complete request head. */
export interface RequestHead {
  /** The method as sent. */
  readonly method: string;
  /** The request target. */
  readonly target: RequestTarget;
  /** 0 for HTTP/1.0; 1 for HTTP/1.1 and higher, which are served as 1.1. */
  readonly minorVersion: 0 | 1;
  /** The version as sent, such as `HTTP/1.1`. */
  readonly protocol: string;
  /** The field lines; the same object as in the head before if all octets are the same. */
  readonly fields: FieldSection;
  /** Host and port: of the target if it has them, else of Host, else empty. */
  readonly authority: string;
  /** How the content is delimited. */
  readonly framing: Framing;
  /** Whether the client wants to keep the connection. */
  readonly persistent: boolean;
  /** Whether the client waits for 100 (Continue); never in HTTP/1.0. */
  readonly expectContinue: boolean;
  /** Whether the client expects something else; the response is then 417. */
  readonly unknownExpectation: boolean;
}

type State = "empty-lines" | "request-line" | "fields";

/** What scans one head, from its first octet to its last. */
class HeadScanner {
  readonly requestLine: RequestLineScanner;
  readonly fieldLines: FieldLineScanner;

  constructor(limits: HeadLimits) {
    this.requestLine = new RequestLineScanner(limits);
    this.fieldLines = new FieldLineScanner({
      maxSize: limits.maxHeadSize,
      maxCount: limits.maxFieldCount,
      underscore: limits.underscoreHeaders,
      tooLarge: "head-too-large",
      tooMany: "too-many-fields",
      malformed: "malformed-field-line",
    });
  }
}

/** Scanners that no head is in, by their limits. Most heads arrive whole, so one serves all connections. */
const freeScanners = new WeakMap<HeadLimits, HeadScanner[]>();

function freeScannersFor(limits: HeadLimits): HeadScanner[] {
  let scanners = freeScanners.get(limits);
  if (scanners === undefined) freeScanners.set(limits, scanners = []);
  return scanners;
}

/** Scanners that are kept: clients that send their heads slowly are few. */
const MAX_FREE_SCANNERS = 16;

/** Parses the request heads of a connection, one after another. */
export class RequestHeadParser {
  readonly #limits: HeadLimits;
  readonly #freeScanners: HeadScanner[];
  /** Scans the head that has begun; undefined between heads. */
  #scanner: HeadScanner | undefined;
  readonly #cache = new FieldSectionCache();
  #state: State = "empty-lines";
  #emptyLines = 0;
  #insideEmptyLine = false;
  #size = 0; // of the head that has been completed
  #failure: unknown;

  /** Makes a parser that waits for the first request of a connection.
   *
   * @param limits limits and rules for heads */
  constructor(limits: HeadLimits) {
    this.#limits = limits;
    this.#freeScanners = freeScannersFor(limits);
  }

  /** Whether an octet of the next request has been seen; empty lines before it do not count. */
  get started(): boolean {
    return this.#state !== "empty-lines";
  }

  /** Whether the octets seen end within a head, or within an empty line before it. */
  get incomplete(): boolean {
    return this.started || this.#insideEmptyLine;
  }

  /** Drops the fields that are kept of the last heads, which take up to 4 KiB; between heads. */
  forgetFields(): void {
    this.#cache.clear();
  }

  /** Continues reading. Takes only empty lines from the buffer until the head is complete, then the whole
   * head, and is ready for the next one.
   *
   * @param buffer what has arrived
   * @returns the head, or undefined when more octets are needed
   * @throws {ProtocolError} when the head is invalid; the same error at every later call */
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
      this.#scanner = this.#freeScanners.pop() ?? new HeadScanner(this.#limits);
      this.#scanner.requestLine.begin();
      this.#state = "request-line";
    }
    const scanner = this.#scanner!;
    const { requestLine, fieldLines } = scanner;
    const { bytes, start, end } = buffer;
    if (this.#state === "request-line") {
      if (!requestLine.scan(bytes, start, end)) return undefined;
      const remembered = this.#headFromCache(requestLine, bytes, start, end);
      if (remembered !== undefined) return this.#finish(buffer, remembered);
      fieldLines.begin(requestLine.position);
      this.#state = "fields";
    }
    if (!fieldLines.scan(bytes, start, end)) return undefined;
    return this.#finish(buffer, this.#interpret(scanner, bytes, start));
  }

  /** Takes empty lines (RFC 9112 §2.2). Returns whether another octet follows them. */
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

  /** The head of a request that repeats the cached field section. */
  #headFromCache(
    line: RequestLineScanner,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): RequestHead | undefined {
    const { position, minorVersion, targetEnd } = line;
    if (!this.#cache.matches(bytes, start + position, end, minorVersion)) return undefined;
    this.#size = position + this.#cache.size;
    const text = textOf(bytes, start, start + targetEnd, true);
    return headOf(line, text, this.#cache.requestFields!);
  }

  #interpret(
    { requestLine: line, fieldLines }: HeadScanner,
    bytes: Uint8Array,
    start: number,
  ): RequestHead {
    const size = this.#size = fieldLines.position;
    const text = textOf(bytes, start, start + size, !fieldLines.obsText);
    const facts = interpretFields(
      fieldSectionOf(text, fieldLines),
      line.minorVersion === 0 ? 0 : 1,
    );
    this.#cache.remember(bytes, start + line.position, start + size, facts);
    return headOf(line, text, facts);
  }

  #finish(buffer: ReceiveBuffer, head: RequestHead): RequestHead {
    buffer.consume(this.#size);
    this.#state = "empty-lines";
    this.#emptyLines = 0;
    if (this.#freeScanners.length < MAX_FREE_SCANNERS) this.#freeScanners.push(this.#scanner!);
    this.#scanner = undefined;
    return head;
  }
}

/** Makes the head of its parts.
 *
 * @param text the head's text, at least up to the end of the target */
function headOf(line: RequestLineScanner, text: string, facts: RequestFields): RequestHead {
  const target = line.target ?? targetOf(text, line);
  return {
    method: text.substring(0, line.methodEnd),
    target,
    minorVersion: facts.minorVersion,
    protocol: line.minorVersion === 1 ? "HTTP/1.1" : "HTTP/1." + line.minorVersion,
    fields: facts.fields,
    authority: authorityOf(target, facts.host),
    framing: facts.framing,
    persistent: facts.persistent,
    expectContinue: facts.expectContinue,
    unknownExpectation: facts.unknownExpectation,
  };
}

function targetOf(
  text: string,
  { methodEnd, queryMark, targetEnd }: RequestLineScanner,
): OriginForm {
  const begin = methodEnd + 1;
  return originForm(text.substring(begin, targetEnd), queryMark === 0 ? -1 : queryMark - begin);
}

/** The authority that the request is for. RFC 9112 §3.2.2: the target's takes precedence over Host. */
function authorityOf(target: RequestTarget, host: string | undefined): string {
  if (target.form !== "absolute" && target.form !== "authority") return host ?? "";
  if (host === "") failHost(host); // RFC 9112 §3.2: Host is empty only if the target URI has no authority
  return target.authority;
}

function fail(code: ProtocolErrorCode, clause: string, message: string): never {
  throw new ProtocolError(code, 400, clause, message);
}
