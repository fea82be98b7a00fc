// What does the inside of the interpreter ask of its surroundings while an application runs? Content,
// room for an answer, a line in the log. These functions are called by answering.py, carry sizes, and
// never throw: an exception of this side is of no use inside.

import process from "node:process";
import type { BlockingExchange, Exchange } from "../exchange.ts";
import type { Frame } from "./frame.ts";
import { headOf } from "./response_text.ts";

/** The functions that answering.py calls. Those that can fail give a size, or below zero `-1 - size` of
 * the reason in the frame. */
export class Host {
  readonly #frame: Frame;
  #exchange: Exchange | undefined;
  #blocking: BlockingExchange | undefined;
  #environ: readonly string[] = [];
  /** What was read and did not fit. */
  #rest: Uint8Array | undefined;

  /** @param frame memory that both sides see */
  constructor(frame: Frame) {
    this.#frame = frame;
  }

  /** Begins an exchange.
   *
   * @param environ names and values in turn */
  enter(exchange: Exchange, blocking: BlockingExchange, environ: readonly string[]): void {
    this.#exchange = exchange;
    this.#blocking = blocking;
    this.#environ = environ;
    this.#rest = undefined;
  }

  /** Ends an exchange. */
  leave(): void {
    this.#exchange = undefined;
    this.#blocking = undefined;
    this.#rest = undefined;
  }

  /** Puts content into the frame, as much as there is and at most `most` octets; 0 at the end. */
  readonly read = (most: number): number =>
    this.#tried(() => {
      const piece = this.#rest ?? this.#blocking!.readPiece();
      if (piece === null) return 0;
      const count = Math.min(piece.length, most);
      this.#frame.octets.set(piece.subarray(0, count));
      this.#rest = count < piece.length ? piece.subarray(count) : undefined;
      return count;
    });

  /** Begins an answer whose content follows. Gives 1 when the content is wanted, else 0.
   *
   * @param headSize the head is in the frame
   * @param length what its content is known to have, or -1 */
  readonly begin = (headSize: number, length: number): number =>
    this.#tried(() => {
      const head = headOf(this.#frame.octets.toString("latin1", 0, headSize), length);
      return this.#exchange!.begin(head) ? 1 : 0;
    });

  /** Sends a piece from the frame; waits until another may follow. Gives 1 when more is wanted. */
  readonly write = (size: number): number =>
    this.#tried(() => {
      this.#blocking!.write(this.#frame.readOctets(0, size));
      return this.#exchange!.ended ? 0 : 1;
    });

  /** Takes a line for the error log. Outside of a request it goes to standard error as it is. */
  readonly log = (size: number): void => {
    const line = this.#frame.readText(size);
    if (this.#exchange === undefined) process.stderr.write(`${line}\n`);
    else this.#exchange.report("error", "wsgi-errors", line);
  };

  /** The environ of this exchange once more, where a value holds a LF. */
  readonly environText = (): string => JSON.stringify(this.#environ);

  #tried(act: () => number): number {
    try {
      return act();
    } catch (error) {
      return -1 - this.#frame.writeText(String(error));
    }
  }
}
