// Consumes the content of a request as `text()`, `json()` and the other methods of a Request do, with the
// results and errors of the platform's own. It reads from the exchange and makes no stream.

import { Blob, FormData, Response } from "./platform.ts";
import { Promise, TextDecoder, URLSearchParams } from "../../io/platform.ts";
import type { ContentReader } from "../../content/content_reader.ts";
import { exactly } from "../../content/growing_buffer.ts";

/** Where a consumer takes the content from. */
export interface Body {
  /** Undefined for no content. */
  readonly content: ContentReader | undefined;
  /** The Content-Type that the request has now; null without one. */
  readonly contentType: string | null;
}

/** A method of Request that consumes the content. */
export type ConsumerName = "arrayBuffer" | "blob" | "bytes" | "formData" | "json" | "text";

const EMPTY = new Uint8Array(0);

const decoder = new TextDecoder();
/** As the platform does: without a byte order mark, and with U+FFFD for what is no UTF-8. */
const decode = decoder.decode.bind(decoder);
const parseJson = JSON.parse;

/** Media types that mean nothing but `application/x-www-form-urlencoded`. Other ways to write it are left
 * to the platform's parser of media types. */
const URLENCODED = /^application\/x-www-form-urlencoded[\t ]*(?:;[^,]*)?$/i;

/** The consumers. Each reads all of the content. */
export const CONSUMERS: {
  readonly [Name in ConsumerName]: (body: Body) => ReturnType<Request[Name]>;
} = {
  async arrayBuffer({ content }) {
    return exactly(content?.takeAll(true) ?? await readAll(content)).buffer;
  },

  async blob({ content, contentType }) {
    const octets = content?.takeAll(true) ?? await readAll(content);
    return new Blob([octets], { type: await blobTypeOf(contentType) });
  },

  async bytes({ content }) {
    return exactly(content?.takeAll(true) ?? await readAll(content));
  },

  async formData({ content, contentType }) {
    return await parseForm(content?.takeAll(false) ?? await readAll(content), contentType);
  },

  async json({ content }) {
    return parseJson(decode(content?.takeAll(false) ?? await readAll(content)));
  },

  async text({ content }) {
    return decode(content?.takeAll(false) ?? await readAll(content));
  },
};

function readAll(content: ContentReader | undefined): Promise<Uint8Array<ArrayBuffer>> {
  return content === undefined ? Promise.resolve(new Uint8Array(0)) : content.readAll();
}

/** The type that the platform gives a Blob of content with that Content-Type. */
async function blobTypeOf(contentType: string | null): Promise<string> {
  if (contentType === null) return "";
  return (await withType(EMPTY, contentType).blob()).type;
}

function parseForm(
  octets: Uint8Array<ArrayBuffer>,
  contentType: string | null,
): FormData | Promise<FormData> {
  if (contentType !== null && URLENCODED.test(contentType)) {
    const text = decode(octets);
    // In ASCII a percent-encoded octet cannot belong to the octets before it.
    if (text.length === octets.length && !text.includes("\ufffd")) return parseUrlencoded(text);
  }
  return withType(octets, contentType).formData();
}

function parseUrlencoded(text: string): FormData {
  const form = new FormData();
  // It drops a question mark at the beginning, and only one.
  for (const [name, value] of new URLSearchParams(`?${text}`)) form.append(name, value);
  return form;
}

function withType(octets: Uint8Array<ArrayBuffer>, contentType: string | null): Response {
  const headers: [string, string][] = contentType === null ? [] : [["content-type", contentType]];
  return new Response(octets, { headers });
}
