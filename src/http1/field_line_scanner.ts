// Finds where the lines of a field section begin and end (RFC 9112 §5). It looks at each octet once,
// however the input is cut, and records positions; it makes no strings and knows no field by name.
// Heads and trailers use the same scanner, so neither can be more lenient than the other.

import { CR, FIELD_VALUE, HTAB, isOws, LF, SP, tableWithout, textOf, TOKEN } from "./grammar.ts";
import { ProtocolError, type ProtocolErrorCode, quoted } from "./protocol_error.ts";

/** How a field line whose name has an underscore is treated. CGI and WSGI cannot distinguish `A_B`
 * from `A-B`, so one could forge the other. */
export type UnderscorePolicy = "drop" | "refuse" | "allow";

/** Limits of one field section, and the error codes for exceeding them. */
export interface FieldSectionLimits {
  /** Octets of all field lines with their line ends, not counting the empty line at the end. */
  readonly maxSize: number;
  /** Number of field lines, including dropped ones. */
  readonly maxCount: number;
  /** How names with an underscore are treated. */
  readonly underscore: UnderscorePolicy;
  /** Code for more than `maxSize` octets. */
  readonly tooLarge: ProtocolErrorCode;
  /** Code for more than `maxCount` lines. */
  readonly tooMany: ProtocolErrorCode;
  /** Code for a malformed line. */
  readonly malformed: ProtocolErrorCode;
}

type State = "line-start" | "name" | "before-value" | "value" | "line-feed" | "last-line-feed";

const COLON = 0x3a;
const UNDERSCORE = 0x5f;
const TOKEN_WITHOUT_UNDERSCORE = tableWithout(TOKEN, "_");
const LARGEST_SMALL_INTEGER = 0x3fffffff; // keeps positions out of floating point, also for Infinity

/** Finds the field lines of sections that follow each other. */
export class FieldLineScanner {
  /** Four positions a line: begin and end of its name, begin and end of its value. */
  readonly marks: number[] = [];
  /** Number of lines that have been read completely and were not dropped. */
  count = 0;
  /** Whether a value has octets above 7F. */
  obsText = false;
  /** Next octet to look at; behind the section when `scan` has returned true. Like all positions here
   * it is counted from the `base` given to `scan`. */
  position = 0;
  #state: State = "line-start";
  #limit = 0;
  #lines = 0;
  #dropping = false;
  readonly #limits: FieldSectionLimits;
  readonly #maxSize: number;
  readonly #nameOctets: Uint8Array;

  /** Makes a scanner; call `begin` before `scan`.
   *
   * @param limits limits of a section */
  constructor(limits: FieldSectionLimits) {
    this.#limits = limits;
    this.#maxSize = Math.min(limits.maxSize, LARGEST_SMALL_INTEGER);
    // If underscores need treatment, the loop over the name stops at one.
    this.#nameOctets = limits.underscore === "allow" ? TOKEN : TOKEN_WITHOUT_UNDERSCORE;
  }

  /** Prepares for a section that begins at `position`. */
  begin(position: number): void {
    this.position = position;
    this.count = 0;
    this.obsText = false;
    this.#state = "line-start";
    this.#limit = position + this.#maxSize;
    this.#lines = 0;
  }

  /** Continues where the last call ended.
   *
   * @param bytes the storage
   * @param base index that positions are counted from; it may differ from call to call
   * @param end index behind the last octet that has arrived
   * @returns whether the section is complete
   * @throws {ProtocolError} at the first octet that does not fit */
  scan(bytes: Uint8Array, base: number, end: number): boolean {
    const limit = base + this.#limit;
    const stop = limit < end ? limit : end;
    const nameOctets = this.#nameOctets;
    const marks = this.marks;
    let at = base + this.position;
    let state = this.#state;
    while (at < end) {
      switch (state) {
        case "line-start": {
          const octet = bytes[at];
          if (octet === CR) {
            at++;
            state = "last-line-feed";
            continue;
          }
          if (at >= stop) this.#failTooLarge();
          if (octet === SP || octet === HTAB) this.#failFolded();
          if (this.#lines === this.#limits.maxCount) this.#failTooMany();
          this.#lines++;
          this.#dropping = false;
          marks[this.count * 4] = at - base;
          state = "name";
        } // falls through: the octet belongs to the name
        case "name": {
          while (at < stop && nameOctets[bytes[at]] === 1) at++;
          if (at === stop) break;
          const octet = bytes[at];
          const begin = marks[this.count * 4] + base;
          if (octet === COLON && at > begin) {
            marks[this.count * 4 + 1] = at - base;
            at++;
            state = "before-value";
            continue;
          }
          if (octet !== UNDERSCORE) this.#failName(bytes, begin, at);
          if (this.#limits.underscore === "refuse") this.#failUnderscore(bytes, begin, at);
          this.#dropping = true;
          at++;
          continue;
        }
        case "before-value":
          while (at < stop && isOws(bytes[at])) at++;
          if (at === stop) break;
          marks[this.count * 4 + 2] = at - base;
          state = "value";
          // falls through: the octet belongs to the value
        case "value": {
          while (at < stop && FIELD_VALUE[bytes[at]] === 1) at++;
          if (at === stop) break;
          const octet = bytes[at];
          if (octet >= 0x80) {
            this.obsText = true;
            at++;
            continue;
          }
          if (octet !== CR) this.#failValue(octet);
          let valueEnd = at;
          const valueBegin = marks[this.count * 4 + 2] + base;
          while (valueEnd > valueBegin && isOws(bytes[valueEnd - 1])) valueEnd--;
          marks[this.count * 4 + 3] = valueEnd - base;
          at++;
          state = "line-feed";
          continue;
        }
        case "line-feed":
          if (at >= stop) break;
          if (bytes[at] !== LF) this.#failBareCr(bytes[at]);
          if (!this.#dropping) this.count++;
          at++;
          state = "line-start";
          continue;
        case "last-line-feed":
          if (bytes[at] !== LF) this.#failBareCr(bytes[at]);
          this.position = at + 1 - base;
          return true;
        default:
          return state satisfies never;
      }
      if (at < end) this.#failTooLarge(); // the limit stopped the loop, not the end of the data
    }
    this.position = at - base;
    this.#state = state;
    return false;
  }

  #failTooLarge(): never {
    throw new ProtocolError(
      this.#limits.tooLarge,
      431,
      "RFC 6585 §5",
      `Cannot read field section: it is larger than ${this.#limits.maxSize} octets`,
    );
  }

  #failTooMany(): never {
    throw new ProtocolError(
      this.#limits.tooMany,
      431,
      "RFC 6585 §5",
      `Cannot read field section: it has more than ${this.#limits.maxCount} lines`,
    );
  }

  #failFolded(): never {
    if (this.#lines === 0) {
      this.#failMalformed("RFC 9112 §2.2", "the first one begins with whitespace");
    }
    throw new ProtocolError(
      "obsolete-line-folding",
      400,
      "RFC 9112 §5.2",
      "Cannot read field line: it begins with whitespace, which once continued the line before",
    );
  }

  #failName(bytes: Uint8Array, begin: number, at: number): never {
    const octet = bytes[at];
    if (octet === COLON) this.#failMalformed("RFC 9112 §5.1", "its name is empty");
    const name = textOf(bytes, begin, at, false);
    if (octet === SP || octet === HTAB) {
      this.#failMalformed("RFC 9112 §5.1", `whitespace behind the name ${quoted(name)}`);
    }
    if (octet === CR || octet === LF) {
      this.#failMalformed("RFC 9112 §5", `expected a colon behind ${quoted(name)}`);
    }
    this.#failMalformed("RFC 9110 §5.1", `its name has ${quotedOctet(octet)}`);
  }

  #failUnderscore(bytes: Uint8Array, begin: number, at: number): never {
    throw new ProtocolError(
      "underscore-in-field-name",
      400,
      "RFC 3875 §4.1.18",
      `Cannot accept field name with an underscore: ${quoted(textOf(bytes, begin, at + 1, false))}`,
    );
  }

  #failValue(octet: number): never {
    if (octet === LF) this.#failMalformed("RFC 9112 §2.2", "it ends in LF without CR");
    this.#failMalformed("RFC 9110 §5.5", `its value has ${quotedOctet(octet)}`);
  }

  #failBareCr(octet: number): never {
    this.#failMalformed("RFC 9112 §2.2", `expected LF behind CR, got ${quotedOctet(octet)}`);
  }

  #failMalformed(clause: string, detail: string): never {
    const message = `Cannot read field line: ${detail}`;
    throw new ProtocolError(this.#limits.malformed, 400, clause, message);
  }
}

function quotedOctet(octet: number): string {
  return quoted(String.fromCharCode(octet));
}
