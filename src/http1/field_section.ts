// Holds the fields of a message. `FieldSection` keeps the lines as they came, with order, case and
// duplicates. `FieldSectionParser` reads a section that stands alone, such as trailers; the parser of
// request heads uses the scanner directly, because it decodes the request line together with the fields.

import { equalsIgnoringCase, textOf } from "./grammar.ts";
import { FieldLineScanner, type FieldSectionLimits } from "./field_line_scanner.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";

export type { FieldSectionLimits, UnderscorePolicy } from "./field_line_scanner.ts";

/** The field lines of a message, in order, with their case and duplicates (RFC 9110 §5). */
export class FieldSection implements Iterable<[name: string, value: string]> {
  /** A section without any line. */
  static readonly empty: FieldSection = new FieldSection([], []);

  /** The names as they were sent. */
  readonly names: readonly string[];
  /** The values, without the whitespace around them; `values[i]` belongs to `names[i]`. */
  readonly values: readonly string[];
  #lines: string | undefined;

  /** Makes a section of parallel lists of names and values.
   *
   * @param names the names, in order
   * @param values one value for each name */
  constructor(names: readonly string[], values: readonly string[]) {
    this.names = names;
    this.values = values;
  }

  /** Makes a section of name and value pairs.
   *
   * @param pairs the lines, in order
   * @returns a new section */
  static from(pairs: Iterable<readonly [name: string, value: string]>): FieldSection {
    const names: string[] = [];
    const values: string[] = [];
    for (const [name, value] of pairs) {
      names.push(name);
      values.push(value);
    }
    return new FieldSection(names, values);
  }

  /** Number of field lines. */
  get size(): number {
    return this.names.length;
  }

  /** The value of a field; the values of several lines are joined with `", "` (RFC 9110 §5.3).
   *
   * @param name a field name in any case
   * @returns the value, or undefined when there is no such line */
  get(name: string): string | undefined {
    let joined: string | undefined;
    for (let index = 0; index < this.names.length; index++) {
      if (!equalsIgnoringCase(this.names[index], name)) continue;
      joined = joined === undefined ? this.values[index] : joined + ", " + this.values[index];
    }
    return joined;
  }

  /** The values of all lines of that name.
   *
   * @param name a field name in any case
   * @returns the values in order; empty when there is no such line */
  all(name: string): string[] {
    return this.values.filter((_, index) => equalsIgnoringCase(this.names[index], name));
  }

  /** Whether there is a line of that name.
   *
   * @param name a field name in any case
   * @returns true when there is */
  has(name: string): boolean {
    return this.names.some((candidate) => equalsIgnoringCase(candidate, name));
  }

  /** Names and values alternately, one a line. The text is cached, because most requests of a connection
   * have the same section as the request before. */
  get lines(): string {
    return this.#lines ??= this.names.map((name, index) => `${name}\n${this.values[index]}`)
      .join("\n");
  }

  /** Makes a section of the text that {@linkcode lines} gave.
   *
   * @param lines names and values alternately, one a line
   * @returns a new section */
  static ofLines(lines: string): FieldSection {
    const all = lines.split("\n");
    const names: string[] = [];
    const values: string[] = [];
    for (let index = 0; index + 1 < all.length; index += 2) {
      names.push(all[index]);
      values.push(all[index + 1]);
    }
    return new FieldSection(names, values);
  }

  /** All lines as pairs.
   *
   * @returns a new array of `[name, value]`, in order */
  entries(): [name: string, value: string][] {
    return this.names.map((name, index) => [name, this.values[index]]);
  }

  /** Goes through the lines in order.
   *
   * @returns an iterator of `[name, value]` */
  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.entries().values();
  }
}

/** Reads field sections that follow each other from a buffer that is filled step by step. */
export class FieldSectionParser {
  readonly #scanner: FieldLineScanner;
  #failure: unknown;

  /** Makes a parser that waits for the first section.
   *
   * @param limits limits of a section, and the error codes for exceeding them */
  constructor(limits: FieldSectionLimits) {
    this.#scanner = new FieldLineScanner(limits);
    this.#scanner.begin(0);
  }

  /** Continues reading. Takes nothing from the buffer until the section is complete, then the whole
   * section with its empty line.
   *
   * @param buffer what has arrived, beginning with the section's first octet
   * @returns the section, or undefined when more octets are needed
   * @throws {ProtocolError} when a line is malformed or a limit is exceeded; again at every later call */
  parse(buffer: ReceiveBuffer): FieldSection | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const { bytes, start, end } = buffer;
    try {
      if (!this.#scanner.scan(bytes, start, end)) return undefined;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    const length = this.#scanner.position;
    const text = textOf(bytes, start, start + length, !this.#scanner.obsText);
    const fields = fieldSectionOf(text, this.#scanner);
    buffer.consume(length);
    this.#scanner.begin(0);
    return fields;
  }
}

/** Cuts the field lines out of the decoded text, at the positions that a scanner has found.
 *
 * @param text the text that the scanner's positions refer to
 * @param scanner a scanner at the end of a section
 * @returns the section */
export function fieldSectionOf(text: string, scanner: FieldLineScanner): FieldSection {
  const { count, marks } = scanner;
  if (count === 0) return FieldSection.empty;
  const names = new Array<string>(count);
  const values = new Array<string>(count);
  for (let index = 0, mark = 0; index < count; index++, mark += 4) {
    names[index] = text.substring(marks[mark], marks[mark + 1]);
    values[index] = text.substring(marks[mark + 2], marks[mark + 3]);
  }
  return new FieldSection(names, values);
}
