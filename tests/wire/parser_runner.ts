// Runs rows through the parser alone: head parser and content decoder on a receive buffer, in a simple
// loop. The buffer is no larger than the limits require.

import { type ContentDecoder, createContentDecoder } from "../../src/http1/content_decoder.ts";
import { ProtocolError } from "../../src/http1/protocol_error.ts";
import { ReceiveBuffer } from "../../src/http1/receive_buffer.ts";
import { type RequestHead, RequestHeadParser } from "../../src/http1/request_head.ts";
import { type ResolvedOptions, resolveOptions } from "../../src/options/resolve_options.ts";
import { headLimits } from "../../src/connection/head_limits.ts";
import type { Observation } from "./compare.ts";
import type { RowOptions } from "./row.ts";

/** Parses a stream of octets.
 *
 * @param wire the stream
 * @param step octets that arrive at a time
 * @param given options of the row
 * @returns each request in order; the last one may be a rejection, or `incomplete-…` at the end */
export function parseAll(wire: Uint8Array, step: number, given: RowOptions = {}): Observation[] {
  return new ParserRun(resolveOptions(given)).run(wire, step);
}

class ParserRun {
  readonly #options: ResolvedOptions;
  readonly #parser: RequestHeadParser;
  readonly #buffer: ReceiveBuffer;
  readonly #seen: Observation[] = [];
  #head: RequestHead | undefined;
  #decoder: ContentDecoder | undefined;
  #content = "";
  #over = false;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#parser = new RequestHeadParser(headLimits(options));
    const largest = options.maxRequestLineSize + options.maxHeadSize + 64;
    this.#buffer = new ReceiveBuffer(Math.min(64, largest), largest);
  }

  run(wire: Uint8Array, step: number): Observation[] {
    try {
      let at = 0;
      while (at < wire.length && !this.#over) {
        const space = this.#buffer.space();
        if (space.length === 0) {
          throw new Error("The buffer is full, and the parser waits for more");
        }
        const piece = wire.subarray(at, at + Math.min(step, space.length));
        space.set(piece);
        this.#buffer.commit(piece.length);
        at += piece.length;
        while (!this.#over && this.#advance());
      }
      if (!this.#over) this.#end();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#seen.push({ error: error.code, status: error.status });
    }
    return this.#seen;
  }

  /** One step; false when it needs more octets. */
  #advance(): boolean {
    if (this.#decoder === undefined) {
      this.#head = this.#parser.parse(this.#buffer);
      if (this.#head === undefined) return false;
      this.#decoder = createContentDecoder(this.#head.framing, this.#options);
      this.#content = "";
    }
    for (;;) {
      const piece = this.#decoder.take(this.#buffer);
      if (piece === "need-data") return false;
      if (piece === "done") break;
      if (piece.length === 0) throw new Error("The decoder gave an empty piece");
      this.#content += Array.from(piece, (octet) => String.fromCharCode(octet)).join("");
    }
    this.#finish(this.#head!, this.#decoder);
    return true;
  }

  #finish(head: RequestHead, decoder: ContentDecoder): void {
    const { target } = head;
    this.#seen.push({
      method: head.method,
      target: target.raw,
      form: target.form,
      ...("path" in target ? { path: target.path, query: target.query } : {}),
      authority: head.authority,
      protocol: head.protocol,
      fieldLines: head.fields.entries(),
      content: this.#content,
      trailers: decoder.trailers.entries(),
    });
    this.#decoder = undefined;
    this.#over = !head.persistent;
  }

  /** The stream has ended. */
  #end(): void {
    if (this.#decoder !== undefined) this.#seen.push({ error: "incomplete-content", status: 400 });
    else if (this.#parser.incomplete) this.#seen.push({ error: "incomplete-head", status: 400 });
  }
}
