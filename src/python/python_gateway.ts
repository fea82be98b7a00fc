// Between an exchange and a WSGI application in an interpreter. PEP 3333's rules are those of the other
// WSGI gateways; the application's side of it is inside (wsgi_handler.py). Here an environ goes in, an
// answer comes out, and what failed is told to the log and to the client.

import process from "node:process";
import { setImmediate } from "node:timers";
import { joinPieces } from "../content/concat.ts";
import type { BlockingExchange, Exchange } from "../exchange/exchange.ts";
import { Gateway } from "../gateway/gateway.ts";
import { respondWithStatus } from "../gateway/error_responses.ts";
import { buildEnviron } from "../gateway/wsgi/environ.ts";
import { WsgiResponse } from "../gateway/wsgi/response.ts";
import type { Interpreter } from "./interpreter.ts";
import { PythonError } from "./python_error.ts";

/** What `respond` of wsgi_handler.py gives when the content of the answer is not in the frame. */
const SENT = -1;
const FAILED = -2;

/** Serves the WSGI application in an interpreter. */
export class PythonGateway extends Gateway {
  /** One request after the other: the interpreter is one thread. */
  override readonly blocks = true;
  readonly #interpreter: Interpreter;
  readonly #index: number;

  /** Makes a gateway; `loadPython` does it for you.
   *
   * @param interpreter where the application is
   * @param index its number there */
  constructor(interpreter: Interpreter, index: number) {
    super();
    this.#interpreter = interpreter;
    this.#index = index;
  }

  /** Answers one exchange; blocks the thread until that is done. */
  override respond(exchange: Exchange): void {
    if (exchange.blocking === undefined) {
      throw new TypeError(
        "Cannot serve Python application: it would block the accepting thread, expected a worker",
      );
    }
    const { buffer, callbacks } = this.#interpreter;
    const response = new WsgiResponse(exchange, true);
    let content: Uint8Array | undefined;
    try {
      content = wholeContentOf(exchange, exchange.blocking);
    } catch (error) {
      return response.fail(error);
    }
    let outcome: number;
    try {
      outcome = this.#run(exchange, response, content);
    } catch (error) {
      return interpreterEnded(exchange, response, error);
    } finally {
      callbacks.end();
    }
    try {
      if (outcome >= 0) void response.only(buffer.view(0, outcome));
      else if (outcome === SENT) void response.finish();
      else response.fail(new PythonError(buffer.readText(FAILED - outcome)));
    } catch (error) {
      response.fail(error); // it has not called start_response, or declared another length
    }
  }

  #run(exchange: Exchange, response: WsgiResponse, content: Uint8Array | undefined): number {
    const { buffer, callbacks, respond } = this.#interpreter;
    const environ = linesOf(exchange);
    callbacks.begin({ exchange, response, environ });
    const text = environ.join("\n");
    buffer.reserve(text.length + (content?.length ?? 0));
    const textSize = buffer.writeNative(text);
    if (content !== undefined) buffer.octets.set(content, textSize);
    return respond(this.#index, textSize, environ.length, content?.length ?? -1);
  }
}

const NOTHING = new Uint8Array(0);

/** All of the content where it came with the head, undefined where it comes as it is read. In a worker
 * a length says the former: what comes later has none there, whatever it has on the wire. */
function wholeContentOf(
  { head }: Exchange,
  blocking: BlockingExchange,
): Uint8Array | undefined {
  if (head.framing.kind === "none") return NOTHING;
  if (head.framing.kind !== "length") return undefined;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let piece; (piece = blocking.readPiece()) !== null;) pieces.push(piece);
  return joinPieces(pieces);
}

/** Names and values of the environ in turn; those that are no text are added inside. */
function linesOf(exchange: Exchange): string[] {
  const environ = buildEnviron(exchange, "1.0");
  const lines: string[] = [];
  for (const name in environ) {
    const value = environ[name];
    if (typeof value === "string") lines.push(name, value);
  }
  return lines;
}

/** Code that ends its process, or a fault of the interpreter's own: nothing can be called in it any
 * more, so the worker goes, behind the answer. */
function interpreterEnded(exchange: Exchange, response: WsgiResponse, error: unknown): void {
  exchange.report("error", "interpreter-ended", "Python interpreter has ended", error);
  if (exchange.responding) response.fail(error);
  else respondWithStatus(exchange, 500);
  setImmediate(() => process.exit(1)); // a timer's millisecond is long enough for the next request
}
