// Takes field lines and content out of a Response at little cost. `response.body` always makes a stream,
// and iterating `response.headers` sorts and joins; both cost more than all other work for a small response.
// A probe checks once, when this module is loaded, that the faster way below works.

import { Response } from "./platform.ts";
import type { Field } from "../../http1/response_head.ts";

/** Bodies of which the source was sent in place of their stream, which a handler had made. */
const sentStreams = new WeakSet<ReadableStream>();

/** Field lines and content of a Response; the content is whole, or a stream to be read. */
export interface ResponseParts {
  readonly fields: Iterable<Field>;
  readonly content: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** The part of Deno's own record of a Response that this file relies on. */
interface InnerResponse {
  readonly headerList: Field[];
  /** Whether `fetch()` has taken a content coding off the body. */
  readonly bodyDecoded?: boolean;
  readonly body: {
    readonly streamOrStatic: { readonly body: unknown; consumed: boolean } | ReadableStream;
    /** What the body was made from (Fetch §2.2.4), also beside the stream of it that a handler has looked at;
     * null for a stream. */
    readonly source: unknown;
  } | null;
}

type WithInner = Response & { readonly [symbol: symbol]: InnerResponse };

/** Symbol under which Deno keeps its copy of a whole body, if it makes one. */
const copySymbol = Object.getOwnPropertySymbols(new Response("probe"))
  .find((s) => s.description === "serve native response") ?? Symbol("none");

/** Takes field lines and content out of a Response, whose body counts as used then.
 *
 * @throws {TypeError} when the body was used already */
export function unwrapResponse(response: Response): ResponseParts {
  if (response.bodyUsed) throw usedBody();
  const inner = innerSymbol && (response as WithInner)[innerSymbol];
  if (inner === undefined) return unwrapPublic(response);
  const { body } = inner;
  const fields = inner.bodyDecoded ? withoutCoding(inner.headerList) : inner.headerList;
  if (body === null) return { fields, content: null };
  // Deno may add the Content-Type that follows from a body only when the headers are read.
  // It also holds a copy of a whole body for its own server until the headers are read or V8 collects the
  // Response, and V8 does not know the size of the copy.
  if (fields.length === 0 || (response as WithInner)[copySymbol] != null) void response.headers;
  const held = body.streamOrStatic;
  if ("consumed" in held) {
    const content = held.body;
    if (typeof content === "string" || content instanceof Uint8Array) {
      held.consumed = true;
      return { fields, content };
    }
    return { fields, content: response.body };
  }
  const { source } = body;
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    return { fields, content: held };
  }
  // Nothing was read from the stream. As with Deno.serve it may be locked: it is not needed.
  if (sentStreams.has(held)) throw usedBody();
  sentStreams.add(held);
  return { fields, content: source };
}

function usedBody(): TypeError {
  return new TypeError("Cannot send Response: its body was used already");
}

/** Takes a Response apart by its public members. */
function unwrapPublic(response: Response): ResponseParts {
  const { headers, body: content } = response;
  return { fields: isDecoded(response) ? withoutCoding(headers) : headers, content };
}

/** Whether `fetch()` has taken a content coding off the body: only its responses have a URL. */
function isDecoded({ url, headers }: Response): boolean {
  return url !== "" && /^(gzip|br)$/i.test(headers.get("content-encoding") ?? "");
}

/** Leaves out the fields that describe the coded content. `fetch()` keeps them beside the decoded content
 * (Fetch §4.6), and no client could read that under them. */
function withoutCoding(fields: Iterable<Field>): Field[] {
  return [...fields].filter(([name]) => !/^content-(encoding|length)$/i.test(name));
}

/** Symbol under which Deno keeps the text or bytes that a Response was made from, and its field lines, both
 * unchanged; undefined when the probe does not find them there, and the public members are read instead. */
const innerSymbol = findInner();

function findInner(): symbol | undefined {
  try {
    const sample = new Response("probe", { headers: { "x-probe": "1" } });
    const symbol = Object.getOwnPropertySymbols(sample).find((s) => s.description === "response");
    if (symbol === undefined) return undefined;
    const short = new Response("short");
    if (short.bodyUsed) return undefined; // reading `bodyUsed` makes Deno fill the record
    const held = [sample, short].map((r) => (r as WithInner)[symbol]);
    for (const inner of held) {
      const content = inner.body?.streamOrStatic;
      if (content === undefined || !("consumed" in content)) return undefined;
      content.consumed = true;
    }
    const fields = JSON.stringify(held.map((inner) => inner.headerList));
    const type = ["Content-Type", "text/plain;charset=UTF-8"];
    if (fields !== JSON.stringify([[["x-probe", "1"], type], [type]])) return undefined;
    const empty = (new Response(null) as WithInner)[symbol];
    return sample.bodyUsed && short.bodyUsed && empty.body === null ? symbol : undefined;
  } catch {
    return undefined;
  }
}
