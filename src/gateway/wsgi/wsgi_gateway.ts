// Serves WSGI applications: makes the environ of an exchange, and sends what the application returns. This
// file keeps the order of steps that PEP 3333 prescribes; the files beside it do each step.

import { caught, Promise as PlatformPromise, race } from "../../io/platform.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { Gateway } from "../gateway.ts";
import { awaits, type StartResponse, type WsgiApp, type WsgiEnviron } from "./wsgi_types.ts";
import { buildEnviron, type Environ, type WsgiVersion } from "./environ.ts";
import { WsgiErrors } from "./error_stream.ts";
import { FileWrapper } from "./file_wrapper.ts";
import { createInput } from "./input.ts";
import { WsgiResponse } from "./response.ts";
import { kindOf } from "./response_rules.ts";

/** Serves a WSGI application (PEP 3333). There is a derived class for each version of the convention. */
export abstract class WsgiGateway extends Gateway {
  /** Version of the convention. */
  abstract readonly version: WsgiVersion;
  /** Whether the application blocks: true unless it is an `async function`. */
  override readonly blocks: boolean;
  readonly #app: WsgiApp;

  /** Makes a gateway for one application.
   *
   * @param app the application
   * @throws {TypeError} when it is no function */
  constructor(app: WsgiApp) {
    super();
    if (typeof app !== "function") {
      throw new TypeError(`Cannot serve WSGI application: expected a function, got ${kindOf(app)}`);
    }
    this.#app = app;
    this.blocks = !awaits(app);
  }

  /** Makes the variables of a request. Extend it to add your own.
   *
   * @param exchange the request
   * @returns the variables; `wsgi.input`, `wsgi.errors` and `wsgi.file_wrapper` are added if they are not
   * among them */
  getEnviron(exchange: Exchange): Environ {
    return buildEnviron(exchange, this.version);
  }

  /** Starts a response for the application. Extend it to see or change status and headers.
   *
   * @param response the response
   * @param status such as `"200 OK"`
   * @param headers name and value pairs
   * @param excInfo see {@linkcode StartResponse}
   * @throws {TypeError} when PEP 3333 forbids the call
   * @throws `excInfo`, when the head has been sent already */
  startResponse(
    response: WsgiResponse,
    status: string,
    headers: readonly (readonly [name: string, value: string])[],
    excInfo?: unknown,
  ): void {
    response.startResponse(status, headers, excInfo);
  }

  /** Sends octets that the application passed to `write`, or a piece of what it returned.
   *
   * @param response the response
   * @param piece octets
   * @returns a promise when the client must catch up first and the thread must not block */
  write(response: WsgiResponse, piece: Uint8Array): void | Promise<void> {
    return response.write(piece);
  }

  /** Responds to one exchange.
   *
   * @param exchange the request, and where the response goes
   * @returns nothing when the response has been given, else a promise of that */
  override respond(exchange: Exchange): void | Promise<void> {
    const blocking = this.blocks && exchange.blocking !== undefined;
    const response = new WsgiResponse(exchange, blocking);
    const errors = new WsgiErrors(exchange);
    let result: unknown;
    try {
      const environ: Environ = {
        "wsgi.input": createInput(exchange, blocking),
        "wsgi.errors": errors,
        "wsgi.file_wrapper": wrapFile,
        ...this.getEnviron(exchange),
      };
      result = this.#app(environ as WsgiEnviron, this.#startResponseOf(response));
      if (blocking && isIterable(result) && !isAwaited(result)) {
        return this.#sendBlocking(response, result, errors);
      }
    } catch (error) {
      response.fail(error);
      return errors.flush();
    }
    return this.#send(response, result, errors);
  }

  #startResponseOf(response: WsgiResponse): StartResponse {
    return (status, headers, excInfo) => {
      this.startResponse(response, status, headers, excInfo);
      return (piece) => this.write(response, piece);
    };
  }

  #sendBlocking(response: WsgiResponse, result: Iterable<Uint8Array>, errors: WsgiErrors): void {
    try {
      const only = onlyPiece(result);
      if (only !== undefined) {
        void response.only(only); // where sending blocks there is no promise
      } else {
        for (const piece of result) {
          void this.write(response, piece);
          if (response.over) break;
        }
        void response.finish();
      }
    } catch (error) {
      response.fail(error);
    } finally {
      closeSync(response.exchange, result);
      errors.flush();
    }
  }

  async #send(response: WsgiResponse, returned: unknown, errors: WsgiErrors): Promise<void> {
    let result: unknown;
    try {
      result = await returned;
      await this.#sendAll(response, result);
    } catch (error) {
      response.fail(error);
    } finally {
      await close(response.exchange, result);
      errors.flush();
    }
  }

  async #sendAll(response: WsgiResponse, result: unknown): Promise<void> {
    const { signal } = response.exchange;
    await response.written();
    const only = onlyPiece(result);
    if (only !== undefined) return await response.only(only);
    if (isAsyncIterable(result)) {
      for await (const piece of untilAborted(result, signal)) {
        await this.write(response, piece);
        if (response.over) break;
      }
    } else if (isIterable(result)) {
      for (const piece of result) {
        const sending = this.write(response, piece);
        if (sending !== undefined) await sending;
        if (response.over) break;
        signal.throwIfAborted();
      }
    } else {
      throw new TypeError(
        "Cannot respond: expected the application to return pieces of content that can be iterated " +
          `over, got ${kindOf(result)}`,
      );
    }
    await response.written();
    await response.finish();
  }
}

function wrapFile(...file: ConstructorParameters<typeof FileWrapper>): FileWrapper {
  return new FileWrapper(...file);
}

/** The only piece of an array with one piece, or no octets for an empty array; undefined for other results.
 * PEP 3333: the server can then declare the length. */
function onlyPiece(result: unknown): Uint8Array | undefined {
  if (!Array.isArray(result) || result.length > 1) return undefined;
  return result.length === 0 ? NO_OCTETS : result[0];
}

const NO_OCTETS = new Uint8Array(0);

/** Iterates over pieces that are awaited. Throws when the exchange is aborted, also while it waits. */
async function* untilAborted(
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const { promise: aborted, reject } = PlatformPromise.withResolvers<never>();
  caught(aborted, () => {});
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  const iterator = pieces[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await race([iterator.next(), aborted]);
      finished = done === true;
      if (done) return;
      yield value;
    }
  } catch (error) {
    finished ||= !signal.aborted; // the iterator has failed, which ends it
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
    // Not awaited: the iterator may hang in what it awaits.
    if (!finished) caught(PlatformPromise.resolve(iterator.return?.()), () => {});
  }
}

/** Calls the `close()` of what the application returned; PEP 3333 requires that in every case. */
function closeSync(exchange: Exchange, result: unknown): void {
  try {
    const closing = (result as { close?: () => unknown }).close?.();
    if (closing instanceof Promise) caught(closing, (error) => reportClose(exchange, error));
  } catch (error) {
    reportClose(exchange, error);
  }
}

async function close(exchange: Exchange, result: unknown): Promise<void> {
  try {
    await (result as { close?: () => unknown } | undefined)?.close?.();
  } catch (error) {
    reportClose(exchange, error);
  }
}

function reportClose(exchange: Exchange, error: unknown): void {
  exchange.report(
    "error",
    "close-failed",
    "close() of what the application returned failed",
    error,
  );
}

function isIterable(value: unknown): value is Iterable<Uint8Array> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function isAwaited(value: object): boolean {
  return "then" in value;
}
