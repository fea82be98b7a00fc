// Reads the response that an application writes to a socket as text: its head, and the content behind that. It
// sends nothing.

import { Buffer } from "node:buffer";
import {
  type ContentDecoder,
  createContentDecoder,
  DEFAULT_CONTENT_LIMITS,
} from "../../http1/content_decoder.ts";
import { ReceiveBuffer } from "../../http1/receive_buffer.ts";
import type { Field } from "../../http1/response_head.ts";

/** Octets of the largest head that an application may write. */
const MAX_HEAD = 64 * 1024;
const CONTENT_BUFFER = 16 * 1024;

const END_OF_HEAD = "\r\n\r\n";
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d)(?: ([^\r\n]*))?$/;

/** The head of a response, and what was written behind it. */
export interface WrittenHead {
  readonly status: number;
  readonly statusText: string;
  readonly fields: readonly Field[];
  readonly rest: Uint8Array;
}

/** Parses the head of a response.
 *
 * @param octets what was written so far
 * @returns undefined when it is not complete
 * @throws {TypeError} when it is faulty or too large */
export function parseWrittenHead(octets: Uint8Array): WrittenHead | undefined {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0 && text.length <= MAX_HEAD) return undefined;
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split("\r\n");
  const match = STATUS_LINE.exec(first);
  if (match === null || lines.some((line) => !line.includes(":"))) {
    const got = JSON.stringify(text.slice(0, 40));
    throw new TypeError(`Cannot upgrade: expected the head of a response, got ${got}`);
  }
  const fields = lines.map((line): Field => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const [, status, statusText = ""] = match;
  const rest = octets.subarray(end + END_OF_HEAD.length);
  return { status: Number(status), statusText, fields, rest };
}

/** Takes the content out of what is written behind a head. */
export class WrittenContent {
  readonly #decoder: ContentDecoder | undefined;
  readonly #buffer = new ReceiveBuffer(CONTENT_BUFFER);

  /** @param fields say how it is framed; without a word about it, it ends with the socket */
  constructor(fields: readonly Field[]) {
    for (const [name, value] of fields) {
      if (/^transfer-encoding$/i.test(name)) {
        this.#decoder = createContentDecoder({ kind: "chunked" }, DEFAULT_CONTENT_LIMITS);
      } else if (/^content-length$/i.test(name)) {
        const framing = { kind: "length", length: Number(value) } as const;
        this.#decoder = createContentDecoder(framing, DEFAULT_CONTENT_LIMITS);
      }
    }
  }

  /** Whether all of it was written. */
  get done(): boolean {
    return this.#decoder?.done === true;
  }

  /** Takes content.
   *
   * @param octets what is written next
   * @param send is given it
   * @throws {ProtocolError} when the framing is faulty */
  take(octets: Uint8Array, send: (content: Uint8Array) => void): void {
    if (this.#decoder === undefined) return send(octets);
    for (let at = 0; at < octets.length && !this.done;) {
      const space = this.#buffer.space();
      const part = octets.subarray(at, at + space.length);
      space.set(part);
      this.#buffer.commit(part.length);
      at += part.length;
      for (let content; typeof (content = this.#decoder.take(this.#buffer)) === "object";) {
        send(content.slice());
      }
    }
  }
}
