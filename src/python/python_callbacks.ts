// The functions that wsgi_handler.py calls while an application runs: to read content, send the response
// and write to the log. Arguments and results are sizes; the octets are in the shared buffer. The functions
// never throw, because Python cannot use an exception of JavaScript.

import process from "node:process";
import type { Exchange } from "../exchange/exchange.ts";
import { reportErrors } from "../gateway/wsgi/error_stream.ts";
import type { WsgiResponse } from "../gateway/wsgi/response.ts";
import type { Field } from "../http1/response_head.ts";
import { printedSink } from "../log/captured_console.ts";
import type { LogLevel } from "../log/log_event.ts";
import type { SharedBuffer } from "./shared_buffer.ts";
import { PythonError } from "./python_error.ts";

/** The exchange that Python serves at the moment. */
export interface RequestState {
  readonly exchange: Exchange;
  readonly response: WsgiResponse;
  /** Names and values alternately. */
  readonly environ: readonly string[];
}

/** The functions that wsgi_handler.py calls. A function that returns a number returns `-1 - size` when it
 * fails; the buffer then has an error text of that size. */
export class PythonCallbacks {
  readonly #buffer: SharedBuffer;
  #request: RequestState | undefined;
  /** Content that was read and did not fit into the buffer. */
  #unread: Uint8Array | undefined;
  #status = "";
  #headers: Field[] = [];

  /** @param buffer memory that both sides share */
  constructor(buffer: SharedBuffer) {
    this.#buffer = buffer;
  }

  /** Begins a request. */
  begin(request: RequestState): void {
    this.#request = request;
    this.#unread = undefined;
  }

  /** Ends a request. */
  end(): void {
    this.#request = undefined;
  }

  /** Returns the environ as JSON; needed if a value has several lines. */
  readonly environ = (): string => JSON.stringify(this.#request!.environ);

  /** Puts available content into the buffer, at most `most` octets. Returns their number; 0 at the end. */
  readonly read = (most: number): number =>
    this.#catchErrors(({ exchange }) => {
      const piece = this.#unread ?? exchange.blocking!.readPiece();
      if (piece === null) return 0;
      const count = Math.min(piece.length, most);
      this.#buffer.octets.set(piece.subarray(0, count));
      this.#unread = count < piece.length ? piece.subarray(count) : undefined;
      return count;
    });

  /** Takes a status and headers, one a line; until the head is sent they replace earlier ones. A 5xx status
   * of an application is ignored if reading the content failed, because the fault is not its own. */
  readonly start = (size: number): number =>
    this.#catchErrors(({ exchange, response }) => {
      const lines = this.#buffer.readNative(size).split("\n");
      if (lines[0].startsWith("5") && exchange.contentFailure !== undefined) {
        throw exchange.contentFailure;
      }
      const headers: Field[] = [];
      for (let i = 1; i < lines.length; i += 2) headers.push([lines[i], lines[i + 1]]);
      response.startResponse(lines[0], headers, true);
      this.#status = lines[0];
      this.#headers = headers;
      return 0;
    });

  /** Declares the length of the content that follows, unless the application has declared one. */
  readonly declare = (length: number): number =>
    this.#catchErrors(({ response }) => {
      if (this.#headers.some(([name]) => name.toLowerCase() === "content-length")) return 0;
      const declared: Field = ["Content-Length", String(length)];
      response.startResponse(this.#status, [...this.#headers, declared], true);
      return 0;
    });

  /** Sends content from the buffer and waits until more may follow. Returns 1 when more is wanted. */
  readonly send = (size: number): number =>
    this.#catchErrors(({ response }) => {
      void response.send(this.#buffer.view(0, size));
      return response.over ? 0 : 1;
    });

  /** Logs the traceback of a `close()` that failed; the response does not change. */
  readonly closeFailed = (size: number): void => {
    const error = new PythonError(this.#buffer.readText(size));
    const message = "close() of what the application returned failed";
    this.#request!.exchange.report("error", "close-failed", message, error);
  };

  /** Writes text to the error log, with a level of Python's `logging`. Outside of a request the text is printed
   * on standard error, unless the log takes what is printed. */
  readonly log = (size: number, level: number): void => {
    const text = this.#buffer.readText(size);
    if (this.#request !== undefined) {
      return reportErrors(this.#request.exchange, text, levelOf(level));
    }
    const print = printedSink();
    if (print === undefined) process.stderr.write(`${text}\n`);
    else print(levelOf(level), text);
  };

  #catchErrors(act: (request: RequestState) => number): number {
    try {
      return act(this.#request!);
    } catch (error) {
      return -1 - this.#buffer.writeText(`${pythonNameOf(error)}: ${messageOf(error)}`);
    }
  }
}

/** The level of the log for a level of Python's `logging`. */
function levelOf(level: number): LogLevel {
  if (level >= 40) return "error";
  if (level >= 30) return "warn";
  return level >= 20 ? "info" : "debug";
}

/** A violation of PEP 3333 is a ValueError; a failure of the client or the connection is an OSError. */
function pythonNameOf(error: unknown): "ValueError" | "OSError" {
  return error instanceof TypeError ? "ValueError" : "OSError";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
