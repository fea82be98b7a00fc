// Reads a field section from a source, such as the head of a part of multipart content. It keeps to the
// same strict rules as the server's own heads; a derived class decides which fields are kept and under
// which names.

import { FieldSection, FieldSectionParser } from "../http1/field_section.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import { DEFAULT_HEAD_LIMITS } from "../http1/request_head.ts";
import { checkLimit } from "./read_size.ts";
import { type ByteSource, toBufferedSource } from "./byte_source.ts";

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

/** Buffered beside a field section, so that its empty line still fits. */
const BESIDE_SECTION = 1024;

/** Reads field sections (RFC 9112 §5).
 *
 * @example Usage
 * ```ts
 * import { HeaderReader } from "./mod.ts";
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
    const {
      maxHeadSize = DEFAULT_HEAD_LIMITS.maxHeadSize,
      maxFieldCount = DEFAULT_HEAD_LIMITS.maxFieldCount,
    } = options;
    this.#maxHeadSize = checkLimit("maxHeadSize", maxHeadSize);
    this.#maxFieldCount = checkLimit("maxFieldCount", maxFieldCount);
  }

  /** Reads field lines up to and including the empty line behind them.
   *
   * @param source where the octets come from. What is behind the section may be received with it: to read
   * on there, give a source that {@linkcode bufferSource} has made
   * @returns the fields that were allowed, in order
   * @throws {ProtocolError} when a line is malformed, a bound is passed or the source ends too early */
  async read(source: ByteSource): Promise<FieldSection> {
    const buffered = toBufferedSource(source, this.#maxHeadSize + BESIDE_SECTION);
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

/** Reads field sections without the fields that have an underscore in their name: CGI (RFC 3875 §4.1.18) and
 * WSGI cannot distinguish `A_B` from `A-B`, so that one could pass for the other. */
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
