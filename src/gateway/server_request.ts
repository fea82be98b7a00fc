// A `Request` that is made only as far as it is looked at. Making one costs two to four microseconds,
// as much as everything else that is done for a small request together; most handlers look at `url`,
// `method` and perhaps `headers`. So the handler gets an object of class Request whose four hot members
// are worked out on demand, and which turns into a true Request as soon as anything else is touched,
// the platform's own inside of it included: `fetch(request)` and `new Request(request)` work.
//
// That leans on how Deno keeps the inside of a Request: under symbols, readable from a prototype. A
// probe checks it once when this module is loaded; where it fails, a true Request is made at once.

import type { Exchange } from "../exchange.ts";
import { requestUrl } from "./request_url.ts";

/** The `Request` for an exchange. */
export function createRequest(exchange: Exchange): Request {
  return lazyRequestsWork ? createLazyRequest(exchange) : new RequestParts(exchange).whole;
}

/** What a Request is made of; each part is made once. */
class RequestParts {
  readonly #exchange: Exchange;
  #url: string | undefined;
  #headers: Headers | undefined;
  #whole: Request | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get method(): string {
    return this.#exchange.head.method;
  }

  get url(): string {
    return this.#url ??= requestUrl(this.#exchange);
  }

  get headers(): Headers {
    if (this.#whole !== undefined) return this.#whole.headers;
    return this.#headers ??= new Headers(this.#exchange.head.fields.entries());
  }

  get signal(): AbortSignal {
    return this.#whole === undefined ? this.#exchange.signal : this.#whole.signal;
  }

  get whole(): Request {
    if (this.#whole !== undefined) return this.#whole;
    const { url, method, headers, signal } = this;
    const init: RequestInit & { duplex?: "half" } = { method, headers, signal };
    const { content } = this.#exchange;
    // RFC 9110 §9.3.1: content of a GET or HEAD has no meaning, and a Request cannot carry it. The
    // connection reads past it.
    if (content !== undefined && method !== "GET" && method !== "HEAD") {
      init.body = content.readable;
      init.duplex = "half";
    }
    return this.#whole = new Request(url, init);
  }
}

const PARTS = Symbol("parts");
type LazyRequest = Request & { [PARTS]: RequestParts };

const lazyPrototype: object = Object.create(Request.prototype, {
  method: hotMember((parts) => parts.method),
  url: hotMember((parts) => parts.url),
  headers: hotMember((parts) => parts.headers),
  signal: hotMember((parts) => parts.signal),
});
for (const symbol of Object.getOwnPropertySymbols(new Request("http://localhost/"))) {
  Object.defineProperty(lazyPrototype, symbol, {
    configurable: true,
    get(this: LazyRequest) {
      return Reflect.get(this[PARTS].whole, symbol);
    },
    set(this: LazyRequest, value: unknown) {
      Reflect.set(this[PARTS].whole, symbol, value);
    },
  });
}

const LazyRequestShape = function (this: LazyRequest, exchange: Exchange): void {
  this[PARTS] = new RequestParts(exchange);
} as unknown as { new (exchange: Exchange): LazyRequest; prototype: object };
LazyRequestShape.prototype = lazyPrototype;

function createLazyRequest(exchange: Exchange): Request {
  return new LazyRequestShape(exchange);
}

function hotMember(read: (parts: RequestParts) => unknown): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: LazyRequest) {
      return read(this[PARTS]);
    },
  };
}

const lazyRequestsWork = probe();

function probe(): boolean {
  try {
    const head = {
      method: "PUT",
      target: { form: "origin", raw: "/a?b", path: "/a", query: "b" },
      authority: "localhost",
      fields: { entries: () => [["x-probe", "1"]] },
    };
    const exchange = { head, scheme: "http", signal: new AbortController().signal };
    const lazy = createLazyRequest(exchange as unknown as Exchange);
    const copy = new Request(lazy);
    return lazy instanceof Request && copy.url === "http://localhost/a?b" &&
      copy.method === "PUT" && copy.headers.get("x-probe") === "1" &&
      lazy.clone().url === copy.url && lazy.bodyUsed === false && lazy.body === null;
  } catch {
    return false;
  }
}
