// Where does what an application writes to `wsgi.errors` go? Into the server's error log, a line end
// being the end of an event. Applications in TypeScript write to the stream below; those in Python have one
// of their own, and the same is reported of what comes through it.

import type { Exchange } from "../../exchange/exchange.ts";
import type { LogLevel } from "../../log/log_event.ts";

/** Text that may wait for its line end. */
const LONGEST = 64 * 1024;

/** The stream that an application reports errors to. */
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
   * @param text what happened
   * @throws {TypeError} when it is no text */
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
   * @throws {TypeError} when one of them is no text */
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

/** Reports what an application wrote: one event, however many lines it has. Frameworks write a line of
 * their own and a traceback behind it, so what stands behind the first line is the event's error.
 *
 * @param exchange the request that it belongs to
 * @param text what was written, without the last line end
 * @param level severity of the event */
export function reportErrors(exchange: Exchange, text: string, level: LogLevel = "error"): void {
  const [message] = text.split(/\r?\n/, 1);
  const details = text.slice(message.length).replace(/^\r?\n/, "").trimEnd();
  const error = details === "" ? undefined : new Error(details);
  if (error !== undefined) error.stack = details; // nothing of this side is of use
  exchange.report(level, "wsgi-errors", message, error);
}
