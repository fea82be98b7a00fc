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

/** Where a traceback of Python begins. */
const TRACEBACK = /^ *(?:\+ Exception Group )?(?:Traceback|Stack) \(most recent call last\):/m;
/** Where the stack of an error of JavaScript begins: the line before its first frame. */
const STACK = /^.*\r?\n[ \t]+at /m;
/** Characters of a traceback that name it. */
const LONGEST_HEADLINE = 1_000;

/** Reports what an application wrote as one event, with any number of lines. Frameworks write a message and
 * a traceback behind it, which is the event's error. A traceback without a message is named by its last line,
 * a stack by its first one.
 *
 * @param exchange the request that the text belongs to
 * @param text the text, without the last line end
 * @param level severity of the event */
export function reportErrors(exchange: Exchange, text: string, level: LogLevel = "error"): void {
  const traceback = TRACEBACK.exec(text);
  const start = traceback?.index ?? STACK.exec(text)?.index;
  if (start === undefined) return exchange.report(level, "wsgi-errors", text);
  const details = text.slice(start).trimEnd();
  const lines = details.split(/\r?\n/);
  const name = (traceback === null ? lines[0] : lines.at(-1)!).slice(0, LONGEST_HEADLINE);
  const error = new Error(name);
  error.stack = details; // the stack of this thread is of no use
  exchange.report(level, "wsgi-errors", text.slice(0, start).trimEnd() || name, error);
}
