// Clients that send requests at a steady rate, over connections that they keep and over one for each request, and
// check every octet that comes back. A request that fails, or whose response is cut, is kept with its reason.

import { BadResponse, RawClient, saysClose } from "../../support/raw_client.ts";
import { foreignIn, patternOf } from "../chaos/pattern.ts";

/** What is sent, and how. */
export interface LoadOptions {
  readonly connect: () => Promise<Deno.Conn>;
  /** Requests in a second of all clients together. */
  readonly rate: number;
  /** Clients that keep their connection. */
  readonly kept: number;
  /** Clients that open a connection for each request. */
  readonly fresh: number;
}

/** Sizes of content: most as pages have them, some beyond any buffer. */
const SIZES = [100, 1_000, 1_000, 10_000, 100, 1_000, 100, 200_000];

/** A steady load until it is ended. */
export class SteadyLoad {
  /** Right responses so far. */
  responses = 0;
  /** Requests that had no response, or a wrong one. */
  readonly failed: string[] = [];
  /** Responses that ended too early. */
  readonly truncated: string[] = [];
  readonly #options: LoadOptions;
  readonly #begin = performance.now();
  readonly #clients: Promise<void>[];
  #isOver = false;
  #sent = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#clients = Array.from(
      { length: options.kept + options.fresh },
      (_, index) => this.#run(index < options.kept),
    );
  }

  /** Responses in a second, from the beginning until now. */
  get rate(): number {
    return Math.round(this.responses * 1_000 / (performance.now() - this.#begin));
  }

  /** Ends the load when the requests under way have ended. */
  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #run(keeps: boolean): Promise<void> {
    let client: RawClient | undefined;
    while (!this.#isOver) {
      const id = this.#sent++;
      const due = this.#begin + id * 1_000 / this.#options.rate;
      const early = due - performance.now();
      if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
      try {
        client ??= new RawClient(await this.#options.connect());
        const persists = await this.#exchange(client, id % 10_000_000, keeps);
        if (persists) continue;
      } catch (error) {
        this.#take(error as Error, keeps ? "kept" : "fresh");
      }
      client?.close();
      client = undefined;
    }
    client?.close();
  }

  /** @returns whether the connection can be used further */
  async #exchange(client: RawClient, id: number, keeps: boolean): Promise<boolean> {
    const size = SIZES[id % SIZES.length];
    const content = id % 5 === 0 ? patternOf(id, size) : undefined;
    const path = content === undefined
      ? `/${id % 7 === 0 ? "stream" : "give"}?id=${id}&size=${size}&piece=${Math.ceil(size / 3)}`
      : `/take?id=${id}`;
    const head = `${content === undefined ? "GET" : "POST"} ${path} HTTP/1.1\r\nHost: a\r\n` +
      (content === undefined ? "" : `Content-Length: ${size}\r\n`) +
      (keeps ? "\r\n" : "Connection: close\r\n\r\n");
    await client.send(new TextEncoder().encode(head));
    if (content !== undefined) await client.send(content);
    const response = await client.read();
    const foreign = foreignIn(response.content, id);
    if (response.status !== 200 || response.content.length !== size || foreign !== undefined) {
      const text = foreign ?? `${response.content.length} octets of ${size}`;
      this.failed.push(`${path}: ${response.status}, ${text}`);
    } else {
      this.responses++;
    }
    return !saysClose(response);
  }

  #take(error: Error, kind: string): void {
    const isEmpty = /ended inside a line, after ""/.test(error.message);
    const isCut = error instanceof Deno.errors.UnexpectedEof || // an end of TCP without one of TLS
      error instanceof BadResponse && error.kind === "truncated" && !isEmpty;
    const at = Math.round(performance.now() - this.#begin);
    (isCut ? this.truncated : this.failed).push(`${kind}, ${at} ms: ${error.message}`);
  }
}
