// A `Request` whose parts are made when they are read. To make a whole one costs two to four microseconds,
// as much as all other work for a small request together, and most handlers read only `url`, `method` and
// perhaps `headers`. A probe checks once, when this module is loaded, that the way below works.

import { Headers, Request, Response } from "./platform.ts";
import { AbortController, Promise } from "../../io/platform.ts";
import type { ContentReader } from "../../content/content_reader.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { FieldSection } from "../../http1/field_section.ts";
import { type Body, type ConsumerName, CONSUMERS } from "./request_body.ts";
import { requestUrl } from "./request_url.ts";

/** The `Request` for an exchange. */
export function createRequest(exchange: Exchange): Request {
  if (lazyRequestsWork) return new LazyRequest(exchange);
  return Object.assign(wholeRequest(exchange), { [EXCHANGE]: exchange });
}

/** The exchange of a request that {@linkcode createRequest} made.
 *
 * @returns undefined for any other request */
export function exchangeOf(request: Request): Exchange | undefined {
  return (request as Partial<LazyRequest>)[EXCHANGE];
}

/** @param body whether the content was consumed without it, or its stream if the handler has that */
function wholeRequest(
  exchange: Exchange,
  headers: Headers = headersOf(exchange),
  body: "unread" | "used" | ByteStream = "unread",
): Request {
  const { head: { method }, signal } = exchange;
  const isTunnel = method === "CONNECT"; // which the platform refuses to make
  const init: RequestInit & { duplex?: "half" } = {
    method: isTunnel ? "GET" : method,
    headers,
    signal,
  };
  if (hasBody(exchange)) {
    const content = body === "unread" ? exchange.content : undefined;
    if (content === undefined) {
      init.body = new Uint8Array(0);
    } else {
      init.body = content.readable;
      init.duplex = "half";
    }
  }
  const request = new Request(requestUrl(exchange), init);
  if (isTunnel) Object.defineProperty(request, "method", { value: method });
  if (body === "used") void request.bytes();
  else if (body !== "unread") giveBody(request, body);
  return request;
}

/** Whether a Request has a body. RFC 9110 §9.3.1: content of a GET or HEAD has no meaning, and a Request
 * cannot carry it; the connection drains it. Content of no octets is not the same as no content. */
function hasBody({ head: { method, fields }, content }: Exchange): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "CONNECT" &&
    (content !== undefined || fields.has("content-length"));
}

function headersOf(exchange: Exchange): Headers {
  const { fields } = exchange.head;
  const headers = new Headers(fields.entries());
  // Several lines of most fields are a list with commas. Cookies are not (RFC 9113 §8.2.3).
  const cookies = fields.all("cookie");
  if (cookies.length > 1) headers.set("cookie", cookies.join("; "));
  return headers;
}

type ByteStream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Keys of the exchange and of the parts that have been made so far. */
const EXCHANGE = Symbol("exchange");
const HREF = Symbol("href");
const HEADERS = Symbol("headers");
const USED = Symbol("used");
const STREAM = Symbol("stream");
const WHOLE = Symbol("whole");

/** An object of class Request with members that are computed when they are read, and with a body and
 * consumers that read the content of the exchange. Any other access makes the whole Request behind it, also an access by the platform itself: `fetch(request)` and
 * `new Request(request)` work. That relies on Deno keeping the inside of a Request under symbols that can be
 * read from a prototype. If the probe does not find it so, a whole Request is made at once. */
interface LazyRequest extends Request {
  [EXCHANGE]: Exchange;
  [HREF]: string | undefined;
  [HEADERS]: Headers | undefined;
  /** Whether the content was consumed before there was a whole Request. */
  [USED]: boolean;
  /** The body, if it was read before there was a whole Request. */
  [STREAM]: ByteStream | undefined;
  [WHOLE]: Request | undefined;
}

const LazyRequest = function (this: LazyRequest, exchange: Exchange): void {
  this[EXCHANGE] = exchange;
  this[HREF] = undefined;
  this[HEADERS] = undefined;
  this[USED] = false;
  this[STREAM] = undefined;
  this[WHOLE] = undefined;
} as unknown as { new (exchange: Exchange): LazyRequest; prototype: object };

LazyRequest.prototype = Object.create(Request.prototype, {
  method: member((request) => request[EXCHANGE].head.method),
  url: member((request) => request[HREF] ??= requestUrl(request[EXCHANGE])),
  headers: member(headers),
  signal: member((request) => request[EXCHANGE].signal),
  body: member(body),
  bodyUsed: member(bodyUsed),
  arrayBuffer: consumer("arrayBuffer"),
  blob: consumer("blob"),
  bytes: consumer("bytes"),
  formData: consumer("formData"),
  json: consumer("json"),
  text: consumer("text"),
});

for (const symbol of Object.getOwnPropertySymbols(new Request("http://localhost/"))) {
  Object.defineProperty(LazyRequest.prototype, symbol, {
    configurable: true,
    get(this: LazyRequest) {
      return Reflect.get(whole(this), symbol);
    },
    set(this: LazyRequest, value: unknown) {
      Reflect.set(whole(this), symbol, value);
    },
  });
}

function member(get: (request: LazyRequest) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: LazyRequest) {
      return get(this);
    },
  };
}

/** A method that consumes the content: without a whole Request, unless there is one. */
function consumer(name: ConsumerName): PropertyDescriptor {
  const consumeWhole = Request.prototype[name];
  const consume = CONSUMERS[name] as (body: Body) => Promise<unknown>;
  const method = {
    [name](this: LazyRequest): Promise<unknown> {
      const exchange = this?.[EXCHANGE];
      if (exchange === undefined) return consumeWhole.call(this);
      if (this[WHOLE] !== undefined) return consumeWhole.call(this[WHOLE]);
      if (this[USED]) return rejectUsed();
      if (this[STREAM] !== undefined) return consumeStream(this, this[STREAM], name);
      let content: ContentReader | undefined;
      if (hasBody(exchange)) {
        this[USED] = true;
        content = exchange.content;
      }
      const headers = this[HEADERS];
      return consume({
        content,
        get contentType() {
          return contentTypeOf(exchange, headers);
        },
      });
    },
  };
  return { configurable: true, enumerable: true, writable: true, value: method[name] };
}

function contentTypeOf(exchange: Exchange, headers: Headers | undefined): string | null {
  return headers === undefined
    ? exchange.head.fields.get("content-type") ?? null
    : headers.get("content-type");
}

/** Consumes a body that the handler has looked at, and may have read or locked. */
function consumeStream(
  request: LazyRequest,
  stream: ByteStream,
  name: ConsumerName,
): Promise<unknown> {
  const type = contentTypeOf(request[EXCHANGE], request[HEADERS]);
  const headers: [string, string][] = type === null ? [] : [["content-type", type]];
  let response: Response;
  try {
    response = new Response(stream, { headers });
  } catch {
    return rejectUsed();
  }
  return response[name]();
}

function rejectUsed(): Promise<never> {
  return Promise.reject(new TypeError("Body already consumed"));
}

/** Handlers that read or forward the stream of the content need no whole Request. The stream stays the body
 * of the whole Request that is made later, until `clone()` or `new Request(request)` put another there. */
function body(request: LazyRequest): ByteStream | null {
  const exchange = request[EXCHANGE];
  if (!hasBody(exchange)) return null;
  const { content } = exchange;
  if (request[WHOLE] !== undefined || request[USED] || content === undefined || !givenBodiesWork) {
    return whole(request).body;
  }
  return request[STREAM] ??= content.readable;
}

function bodyUsed(request: LazyRequest): boolean {
  if (request[STREAM] !== undefined) return whole(request).bodyUsed; // no public member of a stream tells
  return request[USED] || (request[WHOLE]?.bodyUsed ?? false);
}

/** Always the same object, as the Fetch standard demands (`[SameObject]`): a change that a handler makes
 * reaches everything that is made of the request later. */
function headers(request: LazyRequest): Headers {
  if (request[HEADERS] !== undefined) return request[HEADERS];
  if (request[WHOLE] !== undefined || !sharedHeadersWork) return whole(request).headers;
  return request[HEADERS] = headersOf(request[EXCHANGE]);
}

function whole(request: LazyRequest): Request {
  return request[WHOLE] ??= makeWhole(request);
}

function makeWhole(request: LazyRequest): Request {
  const { [HEADERS]: headers, [STREAM]: stream } = request;
  const body = stream ?? (request[USED] ? "used" : "unread");
  const made = wholeRequest(request[EXCHANGE], headers, body);
  if (headers !== undefined) shareFields(headers, made.headers);
  return made;
}

/** Makes `headers` another view of the fields of `source`. Deno keeps them in two arrays that each Headers
 * changes in place. */
function shareFields(headers: Headers, source: Headers): void {
  for (const symbol of FIELD_LISTS) Reflect.set(headers, symbol, Reflect.get(source, symbol));
}

const FIELD_LISTS = Object.getOwnPropertySymbols(new Headers())
  .filter(({ description }) => /^(header list|lowercase header names)$/.test(description ?? ""));

/** Without it the whole Request is made when its headers are read. */
const sharedHeadersWork = probeHeaders();

function probeHeaders(): boolean {
  try {
    const headers = new Headers([["x-a", "1"], ["x-b", "2"], ["cookie", "a=1"]]);
    const request = new Request("http://localhost/", { headers });
    shareFields(headers, request.headers);
    const agree = () =>
      [headers, request.headers, new Request(request).headers, request.clone().headers]
        .every((each) => JSON.stringify([...each]) === JSON.stringify([...headers]));
    headers.set("x-a", "3");
    headers.append("x-a", "4");
    headers.set("x-c", "5");
    headers.delete("x-b");
    if (!agree() || request.headers.get("x-a") !== "3, 4") return false;
    request.headers.delete("x-c");
    request.headers.append("x-d", "6");
    return agree() && !headers.has("x-c") && headers.get("x-d") === "6";
  } catch {
    return false;
  }
}

/** Gives a Request that has a body another one, which may be locked or used. The constructor would refuse
 * that, but a handler may read from a body and then ask for what needs a whole Request. */
function giveBody(request: Request, stream: ByteStream): void {
  const { body } = Reflect.get(request, innerSymbol!) as InnerRequest;
  body.streamOrStatic = stream;
  body.source = null;
  body.length = null;
}

/** The part of Deno's own record of a Request that {@linkcode giveBody} relies on. */
interface InnerRequest {
  readonly body: { streamOrStatic: unknown; source: unknown; length: number | null };
}

const innerSymbol = Object.getOwnPropertySymbols(new Request("http://localhost/"))
  .find(({ description }) => description === "request");

/** Without it the whole Request is made when its body is read. */
const givenBodiesWork = probeBodies();

function probeBodies(): boolean {
  try {
    const [fresh, locked, used] = [0, 1, 2].map(() => {
      const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({}, { highWaterMark: 0 });
      const request = new Request("http://localhost/", { method: "PUT", body: "probe" });
      giveBody(request, stream);
      return { request, stream, gives: request.body === stream };
    });
    locked.stream.getReader();
    used.stream.cancel().catch(() => {});
    return fresh.gives && locked.gives && used.gives &&
      !fresh.request.bodyUsed && !locked.request.bodyUsed && used.request.bodyUsed &&
      isUsable(fresh.request) && !isUsable(locked.request) && !isUsable(used.request) &&
      fresh.stream.locked;
  } catch {
    return false;
  }
}

function isUsable(request: Request): boolean {
  try {
    request.clone();
    return true;
  } catch {
    return false;
  }
}

const lazyRequestsWork = probe();

function probe(): boolean {
  try {
    const head = {
      method: "PUT",
      target: { form: "origin", raw: "/a?b", path: "/a", query: "b" },
      authority: "localhost",
      fields: FieldSection.from([["x-probe", "1"]]),
    };
    const exchange = { head, scheme: "http", signal: new AbortController().signal };
    const lazy = new LazyRequest(exchange as unknown as Exchange);
    const copy = new Request(lazy);
    return lazy instanceof Request && copy.url === "http://localhost/a?b" &&
      copy.method === "PUT" && copy.headers.get("x-probe") === "1" &&
      lazy.clone().url === copy.url && lazy.bodyUsed === false && lazy.body === null;
  } catch {
    return false;
  }
}
