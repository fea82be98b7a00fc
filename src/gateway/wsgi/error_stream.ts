// Reports what an application writes to `wsgi.errors` in the server's error log; a line end ends an event.
// Applications in TypeScript write to the stream below. Python has another stream, which uses the same
// `reportErrors`.

import type { Exchange } from "../../exchange/exchange.ts";
import type { LogLevel } from "../../log/log_event.ts";

/** Most characters that wait for their line end. */
const LONGEST = 64 * 1024;

/** The stream `wsgi.errors` (PEP 3333). */
export class WsgiErrors {
  readonly #exchange: Exchange;
  #text = "";

  /** Makes a stream into the server's log.
   *
   * @param exchange the request that the errors belong to */
  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Writes text; it is logged when it ends with a line end.
   *
   * @param text the text
   * @throws {TypeError} when it is no string */
  write(text: string): void {
    if (typeof text !== "string") {
      throw new TypeError(`Cannot write to wsgi.errors: expected text, got ${typeof text}`);
    }
    this.#text += text;
    if (text.endsWith("\n") || this.#text.length > LONGEST) this.flush();
  }

  /** Writes one text after the other.
   *
   * @param lines texts, with their line ends
   * @throws {TypeError} when one of them is no string */
  writelines(lines: Iterable<string>): void {
    for (const line of lines) this.write(line);
  }

  /** Logs what has not been logged yet. */
  flush(): void {
    const text = this.#text.replace(/\r?\n$/, "");
    this.#text = "";
    if (text !== "") reportErrors(this.#exchange, text);
  }
}

/** Reports what an application wrote as one event, with any number of lines. Frameworks write a message and
 * a traceback behind it, so the lines behind the first are the event's error.
 *
 * @param exchange the request that the text belongs to
 * @param text the text, without the last line end
 * @param level severity of the event */
export function reportErrors(exchange: Exchange, text: string, level: LogLevel = "error"): void {
  const [message] = text.split(/\r?\n/, 1);
  const details = text.slice(message.length).replace(/^\r?\n/, "").trimEnd();
  const error = details === "" ? undefined : new Error(details);
  if (error !== undefined) error.stack = details; // the stack of this thread is of no use
  exchange.report(level, "wsgi-errors", message, error);
}
