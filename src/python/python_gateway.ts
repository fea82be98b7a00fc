// The gateway between an exchange and a WSGI application in the interpreter. It passes the environ in and
// the response out, and reports failures to the log and the client. The rules of PEP 3333 are in
// gateway/wsgi/, and the objects that it promises to applications in wsgi_handler.py.

import process from "node:process";
import { joinPieces } from "../content/concat.ts";
import type { BlockingExchange, Exchange } from "../exchange/exchange.ts";
import { Gateway } from "../gateway/gateway.ts";
import { respondWithStatus } from "../gateway/error_responses.ts";
import { buildEnviron } from "../gateway/wsgi/environ.ts";
import { WsgiResponse } from "../gateway/wsgi/response.ts";
import type { Interpreter } from "./interpreter.ts";
import { PythonError } from "./python_error.ts";

/** Results of `respond` in wsgi_handler.py when the content of the response is not in the buffer. */
const SENT = -1;
const FAILED = -2;

/** Serves the WSGI application in an interpreter. */
export class PythonGateway extends Gateway {
  /** The interpreter is one thread and serves one request after another. */
  override readonly blocks = true;
  readonly #interpreter: Interpreter;
  readonly #index: number;

  /** Makes a gateway; `loadPython` calls this.
   *
   * @param interpreter the interpreter of the application
   * @param index number of the application in it */
  constructor(interpreter: Interpreter, index: number) {
    super();
    this.#interpreter = interpreter;
    this.#index = index;
  }

  /** Serves one exchange; blocks the thread until it is done. */
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
      endWorker(exchange, response, error);
    } finally {
      callbacks.end();
    }
    try {
      if (outcome >= 0) void response.only(buffer.view(0, outcome));
      else if (outcome === SENT) void response.finish();
      else response.fail(new PythonError(buffer.readText(FAILED - outcome)));
    } catch (error) {
      response.fail(error); // start_response was not called, or another length was declared
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

/** All of the content if it came with the head; undefined if it is to be read piece by piece. In a worker
 * the framing has a length only in the first case, even if the wire has one in the second. */
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

/** Names and values of the environ alternately; wsgi_handler.py adds the values that are not text. */
function linesOf(exchange: Exchange): string[] {
  const environ = buildEnviron(exchange, "1.0");
  const lines: string[] = [];
  for (const name in environ) {
    const value = environ[name];
    if (typeof value === "string") lines.push(name, value);
  }
  return lines;
}

/** Ends the worker with the response: the pool gives it nothing more once it has that. Called when Python
 * code has ended its process, or the interpreter itself has failed. Another call into the interpreter could
 * loop for ever, so the thread ends here and does not return to its event loop, where the next request may
 * be waiting. */
function endWorker(exchange: Exchange, response: WsgiResponse, error: unknown): never {
  exchange.report("error", "interpreter-ended", "Python interpreter has ended", error);
  if (exchange.responding) response.fail(error);
  else respondWithStatus(exchange, 500);
  process.exit(1);
}
