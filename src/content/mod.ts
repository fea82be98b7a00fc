/** Readers of content and of field sections: from a socket, a file or any other source of octets.
 *
 * @module */

export { bufferSource, type ByteSource } from "./byte_source.ts";
export { ContentReader } from "./content_reader.ts";
export { GrowingBuffer } from "./growing_buffer.ts";
export { FramedReader } from "./framed_reader.ts";
export { KnownLengthReader } from "./known_length_reader.ts";
export { ChunkedReader, type ChunkedReaderOptions } from "./chunked_reader.ts";
export { SizeLimitedReader } from "./size_limited_reader.ts";
export {
  DropUnderscoreHeaderReader,
  HeaderReader,
  type HeaderReaderOptions,
} from "./header_reader.ts";
export { FieldSection } from "../http1/field_section.ts";
export type { Framing } from "../http1/framing.ts";
export type { ContentLimits } from "../http1/content_decoder.ts";
export { MaxSizeExceededError } from "../http1/max_size_exceeded_error.ts";
export { ProtocolError, type ProtocolErrorCode } from "../http1/protocol_error.ts";
