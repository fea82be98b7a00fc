// Finds the parts of a request line (RFC 9112 §3). It looks at each octet once, however the input is cut,
// and rejects the line at the first octet that does not fit. It knows no fields, and leaves the text of an
// ordinary target to the code that decodes the whole head.

import { CR, DIGIT, HTAB, LF, SP, textOf, TOKEN } from "./grammar.ts";
import { ProtocolError, type ProtocolErrorCode, quoted } from "./protocol_error.ts";
import {
  parseRequestTarget,
  type RequestTarget,
  type RequestTargetOptions,
  type TargetOctets,
  targetOctets,
} from "./request_target.ts";

/** Limits and rules for the request line. */
export interface RequestLineLimits extends RequestTargetOptions {
  /** Octets of the line without its line end; more is 414. */
  readonly maxRequestLineSize: number;
  /** Octets of the method; more is 501. */
  readonly maxMethodSize: number;
}

type State = "method" | "target-start" | "path" | "query" | "version" | "line-end" | "line-feed";

const SLASH = 0x2f;
const DOT = 0x2e;
const QUESTION_MARK = 0x3f;
const TLS_HANDSHAKE = 0x16;
const ZERO = 0x30;
const ONE = 0x31;
const LARGEST_SMALL_INTEGER = 0x3fffffff; // keeps positions out of floating point, also for Infinity
const PROTOCOL_NAME = [0x48, 0x54, 0x54, 0x50, 0x2f]; // "HTTP/"
const VERSION_SIZE = 8;
const METHOD_OCTETS = TOKEN.map((token, octet) => octet >= 0x61 && octet <= 0x7a ? 2 : token);

/** Finds the parts of request lines that follow each other. Positions are counted from the `base` that
 * is given to `scan`, the index of the line's first octet. */
export class RequestLineScanner {
  /** Next octet to look at; behind the line when `scan` has returned true. */
  position = 0;
  /** Position of the SP behind the method. */
  methodEnd = 0;
  /** Position of the first `?` of an origin-form target; 0 without one. */
  queryMark = 0;
  /** Position of the SP behind the target. */
  targetEnd = 0;
  /** The digit behind `HTTP/1.`, as sent. */
  minorVersion = 0;
  /** The target; undefined in origin-form, which is later cut out of the head's text. */
  target: RequestTarget | undefined;
  #state: State = "method";
  #lowerCase = false;
  #majorVersion = 0;
  readonly #limits: RequestLineLimits;
  readonly #maxSize: number;
  readonly #octets: TargetOctets;

  /** Makes a scanner that waits for the first line.
   *
   * @param limits limits and rules for the line */
  constructor(limits: RequestLineLimits) {
    this.#limits = limits;
    this.#maxSize = Math.min(limits.maxRequestLineSize, LARGEST_SMALL_INTEGER);
    this.#octets = targetOctets(limits.strictMode);
  }

  /** Prepares for the next line. */
  begin(): void {
    this.position = 0;
    this.queryMark = 0;
    this.target = undefined;
    this.#state = "method";
    this.#lowerCase = false;
  }

  /** Continues where the last call ended.
   *
   * @param bytes the storage
   * @param base index of the line's first octet; it may differ from call to call
   * @param end index behind the last octet that has arrived
   * @returns whether the line is complete
   * @throws {ProtocolError} at the first octet that does not fit */
  scan(bytes: Uint8Array, base: number, end: number): boolean {
    const limit = base + this.#maxSize;
    const stop = limit < end ? limit : end;
    let at = base + this.position;
    let state = this.#state;
    while (at < end) {
      switch (state) {
        case "method": {
          const methodStop = Math.min(stop, base + this.#limits.maxMethodSize);
          while (at < methodStop && METHOD_OCTETS[bytes[at]] === 1) at++;
          if (at === stop) break;
          const octet = bytes[at];
          const kind = METHOD_OCTETS[octet];
          if (kind !== 0) {
            if (at === methodStop) this.#failLongMethod(bytes, base);
            this.#lowerCase = true;
            at++;
            continue;
          }
          if (octet !== SP || at === base) failMethod(bytes, base, at);
          this.methodEnd = at - base;
          this.#checkMethod(bytes, base);
          at++;
          state = "target-start";
          continue;
        }
        case "target-start":
          if (at >= stop) break;
          if (bytes[at] === SP) failLine(`two spaces behind the method`);
          state = bytes[at] === SLASH ? "path" : "query";
          continue;
        case "path": {
          const octets = this.#octets.path;
          while (at < stop && octets[bytes[at]] === 1) at++;
          if (at === stop) break;
          if (bytes[at] === QUESTION_MARK) {
            this.queryMark = at - base;
            state = "query";
            continue;
          }
          if (bytes[at] !== SP) failTarget(bytes[at]);
          this.targetEnd = at - base;
          at++;
          state = "version";
          continue;
        }
        case "query": { // or a target in another form, which is parsed when the version is known
          const octets = this.#octets.query;
          while (at < stop && octets[bytes[at]] === 1) at++;
          if (at === stop) break;
          if (bytes[at] !== SP) failTarget(bytes[at]);
          this.targetEnd = at - base;
          at++;
          state = "version";
          continue;
        }
        case "version": {
          const begin = base + this.targetEnd + 1;
          const versionEnd = begin + VERSION_SIZE;
          if (at === begin && versionEnd <= stop && isHttp11(bytes, at)) {
            this.minorVersion = 1;
            at = versionEnd;
          }
          while (at < stop && at < versionEnd) {
            this.#checkVersionOctet(bytes[at], at - begin);
            at++;
          }
          if (at < versionEnd) break;
          this.#finishTarget(bytes, base);
          state = "line-end";
          continue;
        }
        case "line-end":
          if (bytes[at] !== CR) failVersionEnd(bytes[at]);
          at++;
          state = "line-feed";
          continue;
        case "line-feed":
          if (bytes[at] !== LF) failLine(`expected LF behind CR, got ${quotedOctet(bytes[at])}`);
          this.position = at + 1 - base;
          return true;
        default:
          return state satisfies never;
      }
      if (at < end) this.#failLongLine(); // the limit stopped the loop, not the end of the data
    }
    this.position = at - base;
    this.#state = state;
    return false;
  }

  /** Rejects methods that are not supported, as soon as they are known. */
  #checkMethod(bytes: Uint8Array, base: number): void {
    if (this.#lowerCase && this.#limits.strictMode) {
      const method = textOf(bytes, base, base + this.methodEnd, false);
      const message = `Cannot accept method with lower-case letters: ${quoted(method)}`;
      throw new ProtocolError("method-not-supported", 501, "RFC 9110 §9.1", message);
    }
    if (this.#limits.proxyMode || !this.#isConnect(bytes, base)) return;
    const message = "Cannot accept CONNECT: this server is not a proxy";
    throw new ProtocolError("method-not-allowed", 405, "RFC 9110 §9.3.6", message);
  }

  #isConnect(bytes: Uint8Array, base: number): boolean {
    return this.methodEnd === 7 && textOf(bytes, base, base + 7, true) === "CONNECT";
  }

  #checkVersionOctet(octet: number, index: number): void {
    if (index < 5) {
      if (octet !== PROTOCOL_NAME[index]) failVersion(octet);
    } else if (index === 6) {
      if (octet !== DOT) failVersion(octet);
    } else {
      if (DIGIT[octet] !== 1) failVersion(octet);
      if (index === 5) {
        this.#majorVersion = octet;
      } else {
        this.minorVersion = octet - ZERO;
        if (this.#majorVersion !== ONE) this.#failMajorVersion();
      }
    }
  }

  /** Parses a target that is not in origin-form. This waits for the version because another version may
   * have other forms: the response to the preface of HTTP/2, `PRI * HTTP/2.0`, is 505. */
  #finishTarget(bytes: Uint8Array, base: number): void {
    const begin = base + this.methodEnd + 1;
    const isOriginForm = bytes[begin] === SLASH;
    if (isOriginForm && !(this.#limits.proxyMode && this.#isConnect(bytes, base))) return;
    const method = textOf(bytes, base, begin - 1, true);
    const raw = textOf(bytes, begin, base + this.targetEnd, true);
    this.target = parseRequestTarget(method, raw, this.#limits);
  }

  #failLongMethod(bytes: Uint8Array, base: number): never {
    const { maxMethodSize } = this.#limits;
    const method = quoted(textOf(bytes, base, base + maxMethodSize, false));
    const message = `Cannot read method: it is longer than ${maxMethodSize} octets: ${method}`;
    throw new ProtocolError("method-too-long", 501, "RFC 9112 §3", message);
  }

  #failLongLine(): never {
    const message =
      `Cannot read request line: it is longer than ${this.#limits.maxRequestLineSize} octets`;
    throw new ProtocolError("request-line-too-long", 414, "RFC 9112 §3", message);
  }

  #failMajorVersion(): never {
    const version = String.fromCharCode(this.#majorVersion) + "." + this.minorVersion;
    const message = `Cannot serve HTTP/${version}: expected HTTP/1.1 or HTTP/1.0`;
    throw new ProtocolError("version-not-supported", 505, "RFC 9110 §15.6.6", message);
  }
}

/** Whether `HTTP/1.1` stands there, as in nearly all requests. */
function isHttp11(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x48 && bytes[at + 1] === 0x54 && bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 && bytes[at + 4] === SLASH && bytes[at + 5] === ONE &&
    bytes[at + 6] === DOT && bytes[at + 7] === ONE;
}

function failMethod(bytes: Uint8Array, base: number, at: number): never {
  const octet = bytes[at];
  if (octet === TLS_HANDSHAKE && at === base) {
    const message = "Cannot read request line: the client speaks TLS, but this port does not";
    throw new ProtocolError("tls-on-plain-port", 400, "RFC 9110 §4.2.2", message);
  }
  if (octet === SP) failLine("it begins with a space");
  const detail = `expected a space behind the method, got ${quotedOctet(octet)}`;
  if (octet === CR || octet === LF || octet === HTAB) failLine(detail);
  fail("malformed-method", "RFC 9110 §9.1", "method", detail);
}

function failTarget(octet: number): never {
  const detail = `it has ${quotedOctet(octet)} where none may be`;
  if (octet === CR || octet === LF) failLine("it ends behind the target");
  fail("malformed-target", "RFC 9112 §3.2", "request target", detail);
}

function failVersion(octet: number): never {
  const detail = `expected "HTTP/" digit "." digit, got ${quotedOctet(octet)}`;
  fail("malformed-version", "RFC 9112 §2.3", "HTTP version", detail);
}

function failVersionEnd(octet: number): never {
  if (DIGIT[octet] === 1) failVersion(octet);
  failLine(`expected CR LF behind the version, got ${quotedOctet(octet)}`);
}

function failLine(detail: string): never {
  fail("malformed-request-line", "RFC 9112 §3", "request line", detail);
}

function fail(code: ProtocolErrorCode, clause: string, what: string, detail: string): never {
  throw new ProtocolError(code, 400, clause, `Cannot read ${what}: ${detail}`);
}

function quotedOctet(octet: number): string {
  return quoted(String.fromCharCode(octet));
}
