// What does the inside of the interpreter ask of its surroundings while an application runs? Content,
// room for its answer, a line in the log. These functions are called by wsgi_handler.py, carry sizes, and
// never throw: an exception of this side is of no use inside.

import process from "node:process";
import type { Exchange } from "../exchange/exchange.ts";
import { reportErrors } from "../gateway/wsgi/error_stream.ts";
import type { WsgiResponse } from "../gateway/wsgi/response.ts";
import type { Field } from "../http1/response_head.ts";
import type { SharedBuffer } from "./shared_buffer.ts";
import { PythonError } from "./python_error.ts";

/** What one request is answered with. */
export interface RequestState {
  readonly exchange: Exchange;
  readonly response: WsgiResponse;
  /** Names and values in turn. */
  readonly environ: readonly string[];
}

/** The functions that wsgi_handler.py calls. Those that give a number give `-1 - size` when they fail: so
 * much text in the frame says why. */
export class PythonCallbacks {
  readonly #buffer: SharedBuffer;
  #request: RequestState | undefined;
  /** What was read and did not fit. */
  #unread: Uint8Array | undefined;
  #status = "";
  #headers: Field[] = [];

  /** @param buffer memory that both sides see */
  constructor(buffer: SharedBuffer) {
    this.#buffer = buffer;
  }

  /** Begins a request. */
  begin(request: RequestState): void {
    this.#request = request;
    this.#unread = undefined;
  }

  /** Ends it. */
  end(): void {
    this.#request = undefined;
  }

  /** The environ as JSON, where a value has several lines. */
  readonly environ = (): string => JSON.stringify(this.#request!.environ);

  /** Puts content into the frame: as much as there is, at most `most` octets; 0 at the end. */
  readonly read = (most: number): number =>
    this.#catchErrors(({ exchange }) => {
      const piece = this.#unread ?? exchange.blocking!.readPiece();
      if (piece === null) return 0;
      const count = Math.min(piece.length, most);
      this.#buffer.octets.set(piece.subarray(0, count));
      this.#unread = count < piece.length ? piece.subarray(count) : undefined;
      return count;
    });

  /** Takes a status and headers, a line each, that may still replace those before. An application that
   * answers 500 for content that could not be read is not heard: the fault was not its own. */
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

  /** Is told the length of the content that follows, and passes it on unless the application has. */
  readonly declare = (length: number): number =>
    this.#catchErrors(({ response }) => {
      if (this.#headers.some(([name]) => name.toLowerCase() === "content-length")) return 0;
      const declared: Field = ["Content-Length", String(length)];
      response.startResponse(this.#status, [...this.#headers, declared], true);
      return 0;
    });

  /** Sends content from the frame and waits until more may follow. Gives 1 when more is wanted. */
  readonly send = (size: number): number =>
    this.#catchErrors(({ response }) => {
      void response.send(this.#buffer.view(0, size));
      return response.over ? 0 : 1;
    });

  /** Is told the traceback of a `close()` that failed; the answer stays what it is. */
  readonly closeFailed = (size: number): void => {
    const error = new PythonError(this.#buffer.readText(size));
    const message = "close() of what the application returned failed";
    this.#request!.exchange.report("error", "close-failed", message, error);
  };

  /** Takes text for the error log. Outside of a request it goes to standard error as it is. */
  readonly log = (size: number): void => {
    const text = this.#buffer.readText(size);
    if (this.#request === undefined) {
      process.stderr.write(`${text}\n`);
      return;
    }
    reportErrors(this.#request.exchange, text);
  };

  #catchErrors(act: (request: RequestState) => number): number {
    try {
      return act(this.#request!);
    } catch (error) {
      return -1 - this.#buffer.writeText(`${pythonNameOf(error)}: ${messageOf(error)}`);
    }
  }
}

/** What PEP 3333 forbids is a ValueError, a client or a connection that fails an OSError. */
function pythonNameOf(error: unknown): "ValueError" | "OSError" {
  return error instanceof TypeError ? "ValueError" : "OSError";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
