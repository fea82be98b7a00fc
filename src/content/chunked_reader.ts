// Reads content that came in chunks (RFC 9112 §7.1). It is given the source behind a head and reads to the
// end of the message, trailers included; chunk extensions are checked and dropped.

import { type ContentLimits, DEFAULT_CONTENT_LIMITS } from "../http1/content_decoder.ts";
import { checkLimit } from "./read_size.ts";
import { FramedReader } from "./framed_reader.ts";
import { type ByteSource, toBufferedSource } from "./byte_source.ts";

/** Bounds on what surrounds the content of a {@linkcode ChunkedReader}. */
export interface ChunkedReaderOptions {
  /** Longest line with a chunk's size and extensions, its CRLF not counted.
   *
   * @default {4096} */
  readonly maxChunkLineSize?: number;
  /** Most octets of chunk extensions in the whole content.
   *
   * @default {16384} */
  readonly maxChunkExtensionSize?: number;
  /** Largest trailer section.
   *
   * @default {8192} */
  readonly maxTrailerSize?: number;
  /** Most trailer fields.
   *
   * @default {64} */
  readonly maxTrailerCount?: number;
}

/** Buffered beside a trailer section, so that its empty line still fits. */
const BESIDE_TRAILERS = 1024;
const MIN_BUFFER_SIZE = 64 * 1024;

/** Reads content in chunks (RFC 9112 §7.1).
 *
 * The reader finds the end only by reading on, so it may have received octets from behind the content. A
 * reader that is given its {@linkcode ChunkedReader.source} begins with them. */
export class ChunkedReader extends FramedReader {
  /** Makes a reader of content whose first chunk line comes next.
   *
   * @param source where the octets come from
   * @param options bounds on chunk lines and trailers
   * @throws {RangeError} when a bound is not a count or `Infinity` */
  constructor(source: ByteSource, options: ChunkedReaderOptions = {}) {
    const limits = resolveLimits(options);
    const size = Math.max(MIN_BUFFER_SIZE, limits.maxTrailerSize + BESIDE_TRAILERS);
    super(toBufferedSource(source, size), { kind: "chunked" }, limits);
  }

  /** Reads the trailer section line by line, after all of the content has been read.
   *
   * @returns the lines as octets, each with its CRLF
   * @throws {TypeError} when there is content left to read */
  async *readTrailerLines(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    if (!this.done) {
      if (this.failure !== undefined) throw this.failure;
      throw new TypeError("Cannot read trailer lines: the content has not been read to its end");
    }
    for (const [name, value] of await this.trailers) {
      yield Uint8Array.from(`${name}: ${value}\r\n`, (octet) => octet.charCodeAt(0));
    }
  }
}

function resolveLimits(options: ChunkedReaderOptions): ContentLimits {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    checkLimit(name, value);
  }
  return { ...DEFAULT_CONTENT_LIMITS, ...Object.fromEntries(given) };
}
