// Request content as it comes off a connection. The readers decode; this is where they take octets
// from: it asks for the content when the client waits to be asked (RFC 9110 §10.1.1), and lets the
// connection's deadlines see when the application waits for the client.

import { ChunkedReader, type ChunkedReaderOptions } from "../content/chunked_reader.ts";
import type { ContentReader } from "../content/content_reader.ts";
import type { FramedReader } from "../content/framed_reader.ts";
import { KnownLengthReader } from "../content/known_length_reader.ts";
import { SizeLimitedReader } from "../content/size_limited_reader.ts";
import { type BufferedSource, readThrough } from "../content/byte_source.ts";
import type { Framing } from "../http1/framing.ts";
import type { ReceiveBuffer } from "../http1/receive_buffer.ts";
import type { StreamReader } from "../io/stream_reader.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";

/** What content has to do with its connection. */
export interface ContentConnection {
  readonly reader: StreamReader;
  /** Notes that the application waits for content, or no longer does. */
  awaitingContent(waiting: boolean): void;
  /** Sends 100 (Continue), when the client waits for it and nothing has been answered. */
  sendContinue(): void;
}

/** What is read for another thread goes there piece by piece, and each piece costs the same: with a
 * quarter of this, content reaches a worker at two thirds of the rate. */
const LARGEST_FOR_WORKERS = 256 * 1024;

/** Where the content readers of one request take their octets from. */
export class ContentSource implements BufferedSource {
  readonly largestRead?: number;
  readonly #host: ContentConnection;

  /** @param host the connection that the content comes from
   * @param forWorkers whether the application is in another thread */
  constructor(host: ContentConnection, forWorkers: boolean) {
    this.#host = host;
    if (forWorkers) this.largestRead = LARGEST_FOR_WORKERS;
  }

  /** What has arrived; behind the content lies the next request. */
  get buffer(): ReceiveBuffer {
    return this.#host.reader.buffer;
  }

  /** Waits for more octets in the buffer. */
  async fill(): Promise<boolean> {
    this.#host.sendContinue();
    this.#host.awaitingContent(true);
    try {
      return await this.#host.reader.fillInterruptibly();
    } finally {
      this.#host.awaitingContent(false);
    }
  }

  /** Reads what is in the buffer, else from the connection. */
  read(target: Uint8Array): Promise<number | null> {
    return readThrough(this, target);
  }

  /** Reads straight into `target`. */
  async readInto(target: Uint8Array): Promise<number | null> {
    this.#host.sendContinue();
    this.#host.awaitingContent(true);
    try {
      return await this.#host.reader.readInto(target);
    } finally {
      this.#host.awaitingContent(false);
    }
  }
}

/** A request's content, as the application and as the connection see it. */
export interface RequestContent {
  /** What the application reads; bounded by `maxContentSize`. */
  readonly reader: ContentReader;
  /** The message itself, of which the connection must find the end. */
  readonly message: FramedReader;
}

/** Opens the content that a head announced.
 *
 * @returns nothing when it announced none */
export function openContent(
  framing: Framing,
  host: ContentConnection,
  options: ResolvedOptions,
): RequestContent | undefined {
  const forWorkers = options.mode === "pool";
  switch (framing.kind) {
    case "none":
      return undefined;
    case "length": {
      if (framing.length === 0) return undefined;
      // A length over the limit was refused before this.
      const message = new KnownLengthReader(new ContentSource(host, forWorkers), framing.length);
      return { reader: message, message };
    }
    case "chunked": {
      const message = new ChunkedReader(new ContentSource(host, forWorkers), chunkLimits(options));
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
