// Checks that an application and its server keep to PEP 3333, as wsgiref.validate does for Python. The
// wrapper looks at everything that passes between them and throws at the first breach. It makes the
// application slower and is for tests and development.

import { Promise, then } from "../../io/platform.ts";
import {
  awaits,
  type StartResponse,
  type WsgiApp,
  type WsgiEnviron,
  type WsgiInput,
  type WsgiResult,
} from "./wsgi_types.ts";
import { kindOf } from "./response_rules.ts";
import { breach, checkEnviron, checkPiece, checkStart } from "./validator_rules.ts";

/** Wraps an application so that each breach of PEP 3333, by the application or by the server, is an error.
 *
 * @param app the application
 * @returns an application that does the same, and throws {@linkcode WsgiBreachError} at a breach
 * @throws {WsgiBreachError} when `app` is no function
 *
 * @example Usage
 * ```ts
 * import { WsgiServer } from "../../../mod.ts";
 * import { validateWsgi } from "./mod.ts";
 *
 * const app = validateWsgi((_environ, startResponse) => {
 *   startResponse("200 OK", [["Content-Type", "text/plain"]]);
 *   return [new TextEncoder().encode("Hello world!")];
 * });
 * await using server = new WsgiServer("127.0.0.1:0", app);
 * ``` */
export function validateWsgi(app: WsgiApp): WsgiApp {
  if (typeof app !== "function") breach(`expected the application to be a function`);
  if (awaits(app)) {
    return async (environ, startResponse) => {
      const call = new ValidatedCall(environ, startResponse);
      return call.checkResult(await app(call.environ, call.startResponse));
    };
  }
  return (environ, startResponse) => {
    const call = new ValidatedCall(environ, startResponse);
    const result = app(call.environ, call.startResponse);
    if (result instanceof Promise) return then(result, (result) => call.checkResult(result));
    return call.checkResult(result);
  };
}

/** One call of an application. */
class ValidatedCall {
  readonly environ: WsgiEnviron;
  readonly startResponse: StartResponse;
  #started: { readonly status: number; readonly declared: number | undefined } | undefined;
  #sent = 0;
  #closed = false;

  constructor(environ: WsgiEnviron, startResponse: StartResponse) {
    checkEnviron(environ);
    this.environ = Object.assign(environ, { "wsgi.input": checkedInput(environ["wsgi.input"]) });
    this.startResponse = (...args) => this.#start(startResponse, args);
  }

  checkResult(result: WsgiResult): WsgiResult {
    const close = () => this.#close(result);
    if (Array.isArray(result) && result.length < 2) {
      // It stays an array, as the server reads the length of one.
      for (const piece of result) this.#take(piece);
      this.#finish();
      return Object.assign([...result], { close });
    }
    if (result instanceof Uint8Array || typeof result !== "object" || result === null) {
      breach(`expected the application to return an iterable of pieces, got ${kindOf(result)}`);
    }
    if (!(Symbol.iterator in result || Symbol.asyncIterator in result)) {
      breach(
        "expected the application to return an iterable of pieces, got an object that is none",
      );
    }
    return {
      ...(Symbol.iterator in result && { [Symbol.iterator]: () => this.#pieces(result) }),
      ...(Symbol.asyncIterator in result && {
        [Symbol.asyncIterator]: () => this.#asyncPieces(result),
      }),
      close,
    } as WsgiResult;
  }

  #start(startResponse: StartResponse, args: Parameters<StartResponse>) {
    const [status, headers, excInfo] = args;
    if (args.length < 2 || args.length > 3) {
      breach(`expected startResponse to be given 2 or 3 arguments, got ${args.length}`);
    }
    if (this.#started !== undefined && (excInfo === undefined || excInfo === null)) {
      breach("expected startResponse to be called once, or again with excInfo");
    }
    this.#started = checkStart(status, headers);
    const write = startResponse(...args);
    return (piece: Uint8Array) => {
      this.#take(piece);
      return write(piece);
    };
  }

  *#pieces(result: Iterable<Uint8Array>): Generator<Uint8Array, void, void> {
    this.#expectOpen();
    for (const piece of result) {
      this.#take(piece);
      yield piece;
      this.#expectOpen();
    }
    this.#finish();
  }

  async *#asyncPieces(result: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    this.#expectOpen();
    for await (const piece of result) {
      this.#take(piece);
      yield piece;
      this.#expectOpen();
    }
    this.#finish();
  }

  #take(piece: unknown): void {
    checkPiece(piece);
    if (piece.length === 0) return;
    if (this.#started === undefined) breach("expected startResponse before the first piece");
    const { status, declared } = this.#started;
    this.#sent += piece.length;
    if (this.#isHead) return;
    if (status === 204 || status === 304) breach(`expected no content with status ${status}`);
    if (declared !== undefined && this.#sent > declared) {
      breach(`expected no more content than the declared length, ${declared} octets`);
    }
  }

  #finish(): void {
    if (this.#started === undefined) breach("expected the application to call startResponse");
    const { status, declared } = this.#started;
    if (this.#isHead || status === 304 || declared === undefined || declared === this.#sent) return;
    breach(`expected as much content as was declared, ${declared} octets, got ${this.#sent}`);
  }

  get #isHead(): boolean {
    return this.environ.REQUEST_METHOD === "HEAD";
  }

  #close(result: WsgiResult): unknown {
    if (this.#closed) breach("expected the server to call close() once");
    this.#closed = true;
    return result.close?.();
  }

  #expectOpen(): void {
    if (this.#closed) breach("expected the server not to go on behind close()");
  }
}

/** Checks what the application passes to `wsgi.input`, and what it gets. */
function checkedInput(input: WsgiInput): WsgiInput {
  const octets = <Value>(value: Value): Value => {
    if (!(value instanceof Promise)) checkPiece(value);
    return value;
  };
  return {
    read: (size) => octets(input.read(checkSize(size))),
    readline: (size) => octets(input.readline(checkSize(size))),
    readlines: (hint) => input.readlines(checkSize(hint)),
    [Symbol.iterator]: () => input[Symbol.iterator](),
    ...(Symbol.asyncIterator in input && {
      [Symbol.asyncIterator]: () =>
        (input as unknown as AsyncIterable<Uint8Array>)[
          Symbol.asyncIterator
        ](),
    }),
  };
}

function checkSize(size: number | undefined): number | undefined {
  if (size === undefined || Number.isInteger(size)) return size;
  breach(`expected a size of octets to be a whole number, got ${size}`);
}
