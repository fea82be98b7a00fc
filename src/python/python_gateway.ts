// Between an exchange and a WSGI application in an interpreter. PEP 3333 is kept inside, where the
// application is (answering.py): here an environ goes in, an answer comes out, and what failed is told
// to the log and to the client.

import process from "node:process";
import type { Exchange } from "../exchange.ts";
import { Gateway } from "../gateway/gateway.ts";
import { plainResponse } from "../http1/plain_response.ts";
import { Frame } from "./frame.ts";
import { Host } from "./host.ts";
import type { Answering } from "./interpreter.ts";
import { PythonError } from "./python_error.ts";
import { headOf } from "./response_text.ts";

/** What `respond` of answering.py gives: a whole answer in the frame, or one of these. */
const COMPLETE = -1;
const FAILED = -2;
/** A whole answer's head and content are one number. */
const CONTENT_UNIT = 2 ** 24;

/** Serves the WSGI application in an interpreter. */
export class PythonGateway extends Gateway {
  readonly blocks = true;
  readonly #frame: Frame;
  readonly #host: Host;
  readonly #respond: Answering["respond"];

  /** @param answering the module `answering.py` */
  constructor(answering: Answering) {
    super();
    this.#frame = new Frame(answering.resize);
    this.#host = new Host(this.#frame);
    this.#respond = answering.respond;
    answering.connect(this.#host);
  }

  /** Answers one exchange; blocks the thread until that is done. */
  override respond(exchange: Exchange): void {
    const { blocking } = exchange;
    if (blocking === undefined) {
      throw new TypeError(
        "Cannot serve Python application: it would block the accepting thread, expected a worker",
      );
    }
    const environ = environOf(exchange);
    this.#host.enter(exchange, blocking, environ);
    let outcome: number;
    try {
      const text = environ.join("\n");
      this.#frame.reserve(text.length);
      const textSize = this.#frame.octets.write(text, "latin1");
      const contentSize = exchange.content === undefined ? 0 : -1;
      outcome = this.#respond(textSize, environ.length, contentSize);
    } catch (error) {
      return interpreterFailed(exchange, error);
    } finally {
      this.#host.leave();
    }
    if (outcome >= 0) return this.#respondWhole(exchange, outcome);
    if (outcome === COMPLETE) return exchange.end();
    applicationFailed(exchange, new PythonError(this.#frame.readText(FAILED - outcome)));
  }

  #respondWhole(exchange: Exchange, outcome: number): void {
    const headSize = outcome % CONTENT_UNIT;
    const contentSize = Math.floor(outcome / CONTENT_UNIT);
    const head = headOf(this.#frame.octets.toString("latin1", 0, headSize), -1);
    exchange.respond(head, this.#frame.readOctets(headSize, headSize + contentSize));
  }
}

function environOf(exchange: Exchange): string[] {
  const { head } = exchange;
  const environ = ["REQUEST_METHOD", head.method, "PATH_INFO", "/", "QUERY_STRING", ""];
  const { names, values } = head.fields;
  for (let i = 0; i < names.length; i++) {
    environ.push("HTTP_" + names[i].toUpperCase().replaceAll("-", "_"), values[i]);
  }
  return environ;
}

/** The application raised something, or gave what cannot be sent. */
function applicationFailed(exchange: Exchange, error: Error): void {
  if (exchange.responding) {
    if (!exchange.signal.aborted) {
      exchange.report("error", "response-failed", "Response could not be sent", error);
    }
    return exchange.abort(error);
  }
  const { contentFailure } = exchange;
  if (contentFailure !== undefined) { // not the application's fault
    exchange.report("warn", "request-refused", contentFailure.message, contentFailure);
    return respondPlainly(exchange, contentFailure.status);
  }
  if (exchange.signal.aborted) return exchange.abort(error); // nobody waits for an answer
  exchange.report("error", "handler-failed", "Handler failed", error);
  respondPlainly(exchange, 500);
}

/** Python code that ends its process, or a fault of the interpreter's own: nothing can be called in it
 * any more, so the worker goes. */
function interpreterFailed(exchange: Exchange, error: unknown): void {
  exchange.report("error", "interpreter-failed", "Python interpreter has ended", error);
  if (exchange.responding) exchange.abort(error);
  else respondPlainly(exchange, 500);
  setTimeout(() => process.exit(1)); // behind the answer
}

function respondPlainly(exchange: Exchange, status: number): void {
  const { head, content } = plainResponse(status);
  exchange.respond(head, content);
}
