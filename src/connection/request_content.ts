// The content of a request as it comes off a connection. Readers decode it; this is their source of octets.
// It sends 100 (Continue) when the client waits for it (RFC 9110 §10.1.1), and tells the connection when
// the application waits for content, for the deadlines.

import { ChunkedReader, type ChunkedReaderOptions } from "../content/chunked_reader.ts";
import type { ContentReader } from "../content/content_reader.ts";
import type { FramedReader } from "../content/framed_reader.ts";
import { KnownLengthReader } from "../content/known_length_reader.ts";
import { SizeLimitedReader } from "../content/size_limited_reader.ts";
import { type BufferedSource, readThrough } from "../content/byte_source.ts";
import type { Framing } from "../http1/framing.ts";
import type { ReceiveBuffer } from "../http1/receive_buffer.ts";
import type { StreamReader } from "../io/stream_reader.ts";
import type { ConnectionContext } from "./connection_context.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";

/** What the source of content needs of its connection. */
export interface ContentConnection {
  readonly reader: StreamReader;
  /** Notes that the application waits for content, or no longer does. */
  awaitingContent(waiting: boolean): void;
  /** Sends 100 (Continue), if the client waits for it and no response has begun. */
  sendContinue(): void;
}

/** The source of octets of one request's content readers. */
export class ContentSource implements BufferedSource {
  readonly largestRead: number | undefined;
  readonly #connection: ContentConnection;

  /** @param connection where the content comes from
   * @param largestRead most octets that are read at once */
  constructor(connection: ContentConnection, largestRead: number | undefined) {
    this.#connection = connection;
    this.largestRead = largestRead;
  }

  /** Octets that have arrived; the next request follows behind the content. */
  get buffer(): ReceiveBuffer {
    return this.#connection.reader.buffer;
  }

  /** Waits for more octets in the buffer. */
  async fill(): Promise<boolean> {
    this.#connection.sendContinue();
    this.#connection.awaitingContent(true);
    try {
      return await this.#connection.reader.fillInterruptibly();
    } finally {
      this.#connection.awaitingContent(false);
    }
  }

  /** Reads what is in the buffer, else from the connection. */
  read(target: Uint8Array): Promise<number | null> {
    return readThrough(this, target);
  }

  /** Reads straight into `target`. */
  async readInto(target: Uint8Array): Promise<number | null> {
    this.#connection.sendContinue();
    this.#connection.awaitingContent(true);
    try {
      return await this.#connection.reader.readInto(target);
    } finally {
      this.#connection.awaitingContent(false);
    }
  }
}

/** The content of a request, for the application and for the connection. */
export interface RequestContent {
  /** For the application; bounded by `maxContentSize`. */
  readonly reader: ContentReader;
  /** For the connection, which must find the end of the message. */
  readonly message: FramedReader;
}

/** Opens the content that a head announced.
 *
 * @returns undefined when it announced none */
export function openContent(
  framing: Framing,
  connection: ContentConnection,
  { options, largestRead }: ConnectionContext,
): RequestContent | undefined {
  switch (framing.kind) {
    case "none":
      return undefined;
    case "length": {
      if (framing.length === 0) return undefined;
      // A request with a length over the limit is rejected, so that this is not read.
      const message = new KnownLengthReader(
        new ContentSource(connection, largestRead),
        framing.length,
      );
      return { reader: message, message };
    }
    case "chunked": {
      const message = new ChunkedReader(
        new ContentSource(connection, largestRead),
        chunkLimits(options),
      );
      if (options.maxContentSize === Infinity) return { reader: message, message };
      return { reader: new SizeLimitedReader(message, options.maxContentSize), message };
    }
    default:
      return framing satisfies never;
  }
}

function chunkLimits(options: ResolvedOptions): ChunkedReaderOptions {
  const { maxChunkLineSize, maxChunkExtensionSize, maxTrailerSize, maxTrailerCount } = options;
  return { maxChunkLineSize, maxChunkExtensionSize, maxTrailerSize, maxTrailerCount };
}
