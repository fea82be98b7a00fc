// RawClient, a strict client over any `ByteStream`. It writes octets unchanged and has a response parser
// that shares no code with src/, so that two mistakes of the server cannot cancel out. Octets that a client
// could misread are an error, and every wait has a deadline.

import type { ByteStream } from "../../src/io/byte_stream.ts";

/** How the end of a response's content was found. */
export type ResponseFraming = "none" | "length" | "chunked" | "close";

/** A response as it was received. */
export interface RawResponse {
  readonly protocol: string;
  readonly status: number;
  readonly reason: string;
  /** Field lines in order, case kept. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly framing: ResponseFraming;
  /** Sizes of the chunks, when chunked. */
  readonly chunks: readonly number[];
  readonly content: Uint8Array;
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** Interim (1xx) responses that came before it. */
  readonly interim: readonly RawResponse[];
}

/** The server sent something that a strict client rejects. */
export class BadResponse extends Error {
  override readonly name = "BadResponse";
  /** `truncated`: the connection ended too early; `late`: a deadline passed. */
  readonly kind: "malformed" | "truncated" | "late";

  constructor(message: string, kind: "malformed" | "truncated" | "late" = "malformed") {
    super(message);
    this.kind = kind;
  }
}

const LONGEST_LINE = 64 * 1024;
const LONGEST_CONTENT = 64 * 1024 * 1024;

/** The client of one connection. */
export class RawClient {
  readonly #stream: ByteStream;
  readonly #deadline: number;
  readonly #input = new Uint8Array(16 * 1024);
  #start = 0;
  #end = 0;
  #ended = false;

  /** @param stream the connection; the client closes it
   * @param deadline longest single wait, in milliseconds */
  constructor(stream: ByteStream, deadline = 20_000) {
    this.#stream = stream;
    this.#deadline = deadline;
  }

  /** Writes everything, in pieces of `step` octets.
   *
   * @param octets the octets
   * @param step octets of one write call */
  async send(octets: Uint8Array, step = Infinity): Promise<void> {
    for (let at = 0; at < octets.length;) {
      const piece = octets.subarray(at, Math.min(at + step, octets.length));
      at += await this.#within(this.#stream.write(piece), "write");
    }
  }

  /** Like `send`, but without a failure when the server stops reading.
   *
   * @param octets the octets
   * @param step octets of one write call */
  async trySend(octets: Uint8Array, step = Infinity): Promise<void> {
    try {
      await this.send(octets, step);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** Ends the sending side of the connection (half-close). */
  async half(): Promise<void> {
    try {
      await this.#stream.closeWrite();
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** Reads one final response and the interim responses before it.
   *
   * @param method of its request: a response to HEAD has no content
   * @returns the response */
  async read(method = "GET"): Promise<RawResponse> {
    const interim: RawResponse[] = [];
    for (;;) {
      const response = await this.#message(method);
      if (response.status >= 200) return { ...response, interim };
      interim.push(response);
    }
  }

  /** Reads one response whether it is interim or final.
   *
   * @param method of its request
   * @returns the response */
  readAny(method = "GET"): Promise<RawResponse> {
    return this.#message(method);
  }

  /** Reads the end of the connection; another octet is an error. */
  async expectEnd(): Promise<void> {
    if (await this.#fill()) {
      throw new BadResponse(`Cannot see the end: more octets came, ${this.#waiting()}`);
    }
  }

  /** Reads a response that is cut before its end. */
  async expectCut(): Promise<void> {
    try {
      await this.read();
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return;
      if (error instanceof BadResponse && error.kind === "truncated") return;
      throw error;
    }
    throw new BadResponse("Cannot see the cut: the response is complete");
  }

  /** Closes the connection. May be called twice. */
  close(): void {
    try {
      this.#stream.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #message(method: string): Promise<RawResponse> {
    const head = await this.#head();
    const framing = decideFraming(head, method);
    const chunks: number[] = [];
    const content: Uint8Array[] = [];
    let trailers: [string, string][] = [];
    if (framing.kind === "length") {
      content.push(await this.#take(framing.length));
    } else if (framing.kind === "chunked") {
      for (let size = await this.#chunkSize(); size > 0; size = await this.#chunkSize()) {
        chunks.push(size);
        content.push(await this.#take(size));
        if (await this.#line() !== "") throw new BadResponse("Chunk data without CRLF after it");
      }
      trailers = await this.#fieldSection();
    } else if (framing.kind === "close") {
      while (await this.#fill()) content.push(await this.#take(this.#end - this.#start));
    }
    return {
      ...head,
      framing: framing.kind,
      chunks,
      content: concatenate(content),
      trailers,
      interim: [],
    };
  }

  async #head() {
    const statusLine = await this.#line();
    const match = /^(HTTP\/1\.[01]) ([1-5][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)$/.exec(statusLine);
    if (match === null) throw new BadResponse(`Bad status line ${JSON.stringify(statusLine)}`);
    const [, protocol, status, reason] = match;
    return { protocol, status: Number(status), reason, fields: await this.#fieldSection() };
  }

  async #fieldSection(): Promise<[string, string][]> {
    const fields: [string, string][] = [];
    for (let line = await this.#line(); line !== ""; line = await this.#line()) {
      const match =
        /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?((?:[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*)?)$/
          .exec(line);
      if (match === null || /[\t ]$/.test(line) && match[2] !== "") {
        throw new BadResponse(`Bad field line ${JSON.stringify(line)}`);
      }
      fields.push([match[1], match[2]]);
    }
    return fields;
  }

  async #chunkSize(): Promise<number> {
    const line = await this.#line();
    if (!/^[0-9A-Fa-f]{1,8}$/.test(line)) {
      throw new BadResponse(`Bad chunk size ${JSON.stringify(line)}`);
    }
    return parseInt(line, 16);
  }

  /** A line up to CRLF, as latin1 text. A bare CR or LF is an error. */
  async #line(): Promise<string> {
    let line = "";
    for (;;) {
      if (this.#start === this.#end && !await this.#fill()) {
        const message = `The connection ended inside a line, after ${JSON.stringify(line)}`;
        throw new BadResponse(message, "truncated");
      }
      const octet = this.#input[this.#start++];
      if (line.endsWith("\r")) {
        if (octet !== 0x0a) throw new BadResponse(`Bare CR in ${JSON.stringify(line)}`);
        return line.slice(0, -1);
      }
      if (octet === 0x0a) throw new BadResponse(`Bare LF after ${JSON.stringify(line)}`);
      line += String.fromCharCode(octet);
      if (line.length > LONGEST_LINE) throw new BadResponse("Endless line");
    }
  }

  async #take(count: number): Promise<Uint8Array> {
    if (count > LONGEST_CONTENT) throw new BadResponse(`Too much content: ${count} octets`);
    const octets = new Uint8Array(count);
    for (let at = 0; at < count;) {
      if (this.#start === this.#end && !await this.#fill()) {
        const message = `The connection ended ${count - at} octets before the content did`;
        throw new BadResponse(message, "truncated");
      }
      const piece = this.#input.subarray(
        this.#start,
        Math.min(this.#end, this.#start + count - at),
      );
      octets.set(piece, at);
      at += piece.length;
      this.#start += piece.length;
    }
    return octets;
  }

  /** Reads until an octet is available; false at the end of the stream. */
  async #fill(): Promise<boolean> {
    if (this.#start < this.#end) return true;
    if (this.#ended) return false;
    const count = await this.#within(this.#stream.read(this.#input), "read");
    this.#start = 0;
    this.#end = count ?? 0;
    this.#ended = count === null;
    return !this.#ended;
  }

  #waiting(): string {
    const text = String.fromCharCode(...this.#input.subarray(this.#start, this.#end));
    return JSON.stringify(text.slice(0, 100));
  }

  async #within<T>(operation: Promise<T>, what: string): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.close(); // so that the operation ends too
      reject(new BadResponse(`Waited ${this.#deadline} ms for a ${what}`, "late"));
    }, this.#deadline);
    try {
      return await Promise.race([operation, promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** All values of a field, in order.
 *
 * @param response the response
 * @param name its name, in any case
 * @returns the values of its lines */
export function fieldValues(response: RawResponse, name: string): string[] {
  const wanted = name.toLowerCase();
  return response.fields.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) =>
    value
  );
}

/** Content as text, one character an octet.
 *
 * @param response the response
 * @returns the text */
export function contentText(response: RawResponse): string {
  return new TextDecoder().decode(response.content);
}

/** Whether a response announces that the connection ends after it.
 *
 * @param response the response
 * @returns true when a client may not send another request */
export function saysClose(response: RawResponse): boolean {
  const options = fieldValues(response, "connection").join(",").toLowerCase().split(",");
  const names = options.map((option) => option.trim());
  if (response.framing === "close" || names.includes("close")) return true;
  return response.protocol === "HTTP/1.0" && !names.includes("keep-alive");
}

type Framing = { kind: "none" | "chunked" | "close" } | { kind: "length"; length: number };

/** RFC 9112 §6.3 for a client, without the leniencies that it allows. */
function decideFraming(
  head: Pick<RawResponse, "protocol" | "status" | "fields">,
  method: string,
): Framing {
  const values = (name: string) =>
    head.fields.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value);
  const lengths = values("content-length");
  const codings = values("transfer-encoding");
  if (lengths.length + codings.length > 1) {
    throw new BadResponse(`Ambiguous framing: ${JSON.stringify([...lengths, ...codings])}`);
  }
  if (codings.length === 1 && codings[0] !== "chunked") {
    throw new BadResponse(`Transfer-Encoding is ${JSON.stringify(codings[0])}`);
  }
  if (lengths.length === 1 && !/^(0|[1-9][0-9]{0,15})$/.test(lengths[0])) {
    throw new BadResponse(`Content-Length is ${JSON.stringify(lengths[0])}`);
  }
  const interimOrNoContent = head.status < 200 || head.status === 204;
  if (interimOrNoContent && lengths.length + codings.length > 0) {
    throw new BadResponse(`Framing fields in a ${head.status}`); // RFC 9110 §8.6, RFC 9112 §6.1
  }
  if (interimOrNoContent || head.status === 304 || method === "HEAD") return { kind: "none" };
  if (codings.length === 1) return { kind: "chunked" };
  if (lengths.length === 1) return { kind: "length", length: Number(lengths[0]) };
  return { kind: "close" };
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Whether an error of a write says that the other side has closed. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted || error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}
