// Takes the content of one message out of the receive buffer, given the framing that was decided with
// the head, and stops exactly at the end of the message. It does not read from the socket, wait, or limit
// the size of content: the caller does.

import { ChunkedDecoder } from "./chunked_decoder.ts";
import type { FieldSection } from "./field_section.ts";
import type { Framing } from "./framing.ts";
import { LengthDecoder } from "./length_decoder.ts";
import type { ReceiveBuffer } from "./receive_buffer.ts";

/** Takes the content of one message out of a receive buffer. */
export interface ContentDecoder {
  /** Whether the whole message, trailers included, has been taken. */
  readonly done: boolean;
  /** Content octets taken so far. */
  readonly received: number;
  /** Content octets still to come; `Infinity` while the number is unknown. */
  readonly remaining: number;
  /** Number of content octets that come next without framing between them. While the buffer is empty,
   * the caller may read that many past it and then reports them with {@linkcode skip}. */
  readonly contiguous: number;
  /** The trailer section; empty until `done`, and always empty unless the message is chunked. */
  readonly trailers: FieldSection;

  /** Takes as much as possible from the front of the buffer.
   *
   * @param buffer octets that have arrived
   * @param most octets of content to take at most; no bound without it
   * @returns content (never empty; a view that is valid until `buffer.space()` is called),
   * `"need-data"` when the buffer must be filled first, or `"done"`
   * @throws {ProtocolError} when the framing is faulty; every later call throws the same error */
  take(buffer: ReceiveBuffer, most?: number): Uint8Array<ArrayBuffer> | "need-data" | "done";

  /** Records that the next `count` content octets were read past the buffer.
   *
   * @param count at most {@linkcode contiguous} */
  skip(count: number): void;
}

/** Limits on the framing of chunked content. */
export interface ContentLimits {
  /** Largest size of a line with a chunk's size and extensions, without its CRLF. */
  readonly maxChunkLineSize: number;
  /** Most octets of chunk extensions in one message. */
  readonly maxChunkExtensionSize: number;
  /** Largest trailer section. */
  readonly maxTrailerSize: number;
  /** Most trailer fields. */
  readonly maxTrailerCount: number;
}

/** Content limits of a server and of a `ChunkedReader` that are given no others. */
export const DEFAULT_CONTENT_LIMITS: ContentLimits = Object.freeze({
  maxChunkLineSize: 4 * 1024, // as Go, Puma and Twisted
  maxChunkExtensionSize: 16 * 1024, // as hyper; a limit per chunk alone would let 512 × 2 KiB pass
  maxTrailerSize: 8 * 1024, // hyper takes 16 KiB; trailers are almost unused
  maxTrailerCount: 64,
});

/** Makes the decoder for one message.
 *
 * @param framing how the message's content is delimited
 * @param limits limits on the framing of chunked content
 * @returns a decoder that has taken nothing yet */
export function createContentDecoder(framing: Framing, limits: ContentLimits): ContentDecoder {
  switch (framing.kind) {
    case "none":
      return new LengthDecoder(0);
    case "length":
      return new LengthDecoder(framing.length);
    case "chunked":
      return new ChunkedDecoder(limits);
    default:
      return framing satisfies never;
  }
}
