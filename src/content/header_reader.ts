// How does a program read a field section that stands in a source, such as the head of a part? By the
// same strict rules as the server's own heads; a derived class decides which fields are kept and under
// which names.

import { FieldSection, FieldSectionParser } from "../http1/field_section.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import { checkLimit } from "./read_size.ts";
import { type BufferedSource, bufferSource, type ByteSource } from "./byte_source.ts";

/** Bounds on what a {@linkcode HeaderReader} reads. */
export interface HeaderReaderOptions {
  /** Largest field section.
   *
   * @default {32768} */
  readonly maxHeadSize?: number;
  /** Most field lines.
   *
   * @default {100} */
  readonly maxFieldCount?: number;
}

const MAX_HEAD_SIZE = 32 * 1024; // as Kestrel, between Node's 16 and Envoy's 60
const MAX_FIELD_COUNT = 100; // as hyper, Envoy, Kestrel and gunicorn
/** Buffered beside a field section, so that its empty line still fits. */
const BESIDE_SECTION = 1024;

/** Reads field sections.
 *
 * @example Usage
 * ```ts
 * import { HeaderReader } from "./header_reader.ts";
 *
 * class ShortHeaderReader extends HeaderReader {
 *   protected override allowField(name: string): boolean {
 *     return name.length < 10;
 *   }
 * }
 * ```
 */
export class HeaderReader {
  readonly #maxHeadSize: number;
  readonly #maxFieldCount: number;

  /** Makes a reader, which can read many sections.
   *
   * @param options bounds on a section
   * @throws {RangeError} when a bound is not a count or `Infinity` */
  constructor(options: HeaderReaderOptions = {}) {
    this.#maxHeadSize = checkLimit("maxHeadSize", options.maxHeadSize ?? MAX_HEAD_SIZE);
    this.#maxFieldCount = checkLimit("maxFieldCount", options.maxFieldCount ?? MAX_FIELD_COUNT);
  }

  /** Reads field lines up to and including the empty line behind them.
   *
   * @param source where the octets come from; to go on reading behind the section it must have a
   * buffer, because more may have been read than the section
   * @returns the fields that were allowed, in order
   * @throws {ProtocolError} when a line is malformed, a bound is passed or the source ends too early */
  async read(source: ByteSource | BufferedSource): Promise<FieldSection> {
    const buffered = bufferSource(source, this.#maxHeadSize + BESIDE_SECTION);
    const parser = new FieldSectionParser({
      maxSize: this.#maxHeadSize,
      maxCount: this.#maxFieldCount,
      underscore: "allow",
      tooLarge: "head-too-large",
      tooMany: "too-many-fields",
      malformed: "malformed-field-line",
    });
    for (;;) {
      const fields = parser.parse(buffered.buffer);
      if (fields !== undefined) return this.#select(fields);
      if (buffered.buffer.full) throw tooLarge();
      if (!await buffered.fill()) throw incomplete();
    }
  }

  /** Whether a field is kept; override it to drop some.
   *
   * @param _name the name as it was sent
   * @returns true unless overridden */
  protected allowField(_name: string): boolean {
    return true;
  }

  /** The name under which a field is kept; override it to change some.
   *
   * @param name the name as it was sent
   * @returns the same name unless overridden */
  protected transformName(name: string): string {
    return name;
  }

  #select(fields: FieldSection): FieldSection {
    const kept = fields.entries().filter(([name]) => this.allowField(name));
    return FieldSection.from(kept.map(([name, value]) => [this.transformName(name), value]));
  }
}

/** Reads field sections without the fields that have an underscore in their name: CGI and WSGI cannot
 * tell `A_B` from `A-B`, so that one could counterfeit the other. */
export class DropUnderscoreHeaderReader extends HeaderReader {
  /** Drops names with an underscore.
   *
   * @param name the name as it was sent
   * @returns whether it has none */
  protected override allowField(name: string): boolean {
    return !name.includes("_");
  }
}

function tooLarge(): ProtocolError {
  return new ProtocolError(
    "head-too-large",
    431,
    "RFC 6585 §5",
    "Cannot read field section: larger than the receive buffer",
  );
}

function incomplete(): ProtocolError {
  return new ProtocolError(
    "incomplete-head",
    400,
    "RFC 9112 §8",
    "Cannot read field section: the source ended before its empty line",
  );
}
