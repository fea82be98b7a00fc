// The octets of a connection behind an upgrade, for a Fetch handler: `read` and `write`, or web streams.
// Both wait for the client, so that a slow side stops the other.

import {
  AbortController,
  DOMException,
  Promise as PlatformPromise,
  then,
} from "../../io/platform.ts";
import type { ContentReader } from "../../content/content_reader.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { requestedProtocols, upgradeObstacle } from "../../exchange/upgrade.ts";
import type { RequestHead } from "../../http1/request_head.ts";
import { Headers } from "./platform.ts";
import { type Upgrade, upgradeResponse } from "./upgrade.ts";

/** The platform's own: an application may replace the globals. */
const PlatformReadable = ReadableStream;
const PlatformWritable = WritableStream;

/** How the protocol of a connection is changed. */
export interface UpgradeOptions {
  /** The protocol, one of those that the request names; the first of them without it. Not for CONNECT. */
  readonly protocol?: string;
  /** More fields of the response. */
  readonly headers?: HeadersInit;
}

/** A connection that speaks another protocol than HTTP. It opens when the handler returns its `response`;
 * reads and writes before that wait. */
export interface Upgraded {
  /** What the handler must return: 101 (Switching Protocols), or 200 for CONNECT. */
  readonly response: Response;
  /** The protocol that was chosen; empty for CONNECT. */
  readonly protocol: string;
  /** The client's octets. Not to be mixed with `read`. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Takes octets for the client; closing it ends the server's side. */
  readonly writable: WritableStream<Uint8Array>;
  /** Aborted when the server stops or the worker is replaced. If it was never read, the connection is closed
   * then. */
  readonly stopping: AbortSignal;
  /** Resolves when both sides have ended or the connection is lost; never rejects. */
  readonly closed: Promise<void>;
  /** Reads the client's next octets.
   *
   * @returns octets, or null when the client has ended its side
   * @throws when the connection is lost */
  read(): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Sends octets.
   *
   * @returns a promise that resolves when more may follow; `octets` must not change before
   * @throws when the connection is lost */
  write(octets: Uint8Array): Promise<void>;
  /** Ends the server's side; the client may still send. */
  closeWrite(): Promise<void>;
  /** Closes the connection, behind what was written. */
  close(): void;
}

/** An upgraded connection over its exchange. */
export class UpgradedConnection implements Upgraded, Upgrade {
  readonly protocol: string;
  readonly response: Response;
  readonly closed: Promise<void>;

  readonly #exchange: Exchange;
  readonly #fields: readonly (readonly [string, string])[];
  readonly #opened = PlatformPromise.withResolvers<ContentReader>();
  readonly #closed = PlatformPromise.withResolvers<void>();
  #stopping: AbortController | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;
  #readEnded = false;
  #writeEnded = false;

  /** @param exchange the exchange
   * @param options the protocol, and fields of the response
   * @throws {TypeError} when the request does not allow it */
  constructor(exchange: Exchange, { protocol, headers }: UpgradeOptions) {
    const { head } = exchange;
    const obstacle = upgradeObstacle(head);
    if (obstacle !== undefined) throw new TypeError(`Cannot upgrade: ${obstacle}`);
    this.protocol = chooseProtocol(head, protocol);
    this.#exchange = exchange;
    this.#fields = [
      ...this.protocol === "" ? [] : [["Upgrade", this.protocol]] as const,
      ...[...new Headers(headers)].filter(([name]) => name !== "upgrade"),
    ];
    this.response = upgradeResponse(exchange, this.#fields, this);
    this.closed = this.#closed.promise;
    then(this.#opened.promise, () => {}, () => {}); // a handler may fail before it reads
  }

  start(exchange: Exchange): Promise<void> {
    if (exchange !== this.#exchange) {
      throw new TypeError("Cannot upgrade: the response belongs to another request");
    }
    const content = exchange.upgrade(this.#fields);
    if (content === undefined) {
      this.#lose(new DOMException("No more connections may be upgraded", "AbortError"));
      return PlatformPromise.resolve();
    }
    exchange.onDisconnect((reason) => this.#lose(reason));
    exchange.onDeparture(() => {
      if (this.#stopping === undefined) this.close();
      else this.#stopping.abort(new DOMException("The server is stopping", "AbortError"));
    });
    this.#opened.resolve(content);
    return this.closed;
  }

  get stopping(): AbortSignal {
    return (this.#stopping ??= new AbortController()).signal;
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new PlatformReadable({
      pull: async (controller) => {
        const octets = await this.read();
        if (octets === null) controller.close();
        else controller.enqueue(octets);
      },
      cancel: () => this.#endRead(),
    }, { highWaterMark: 0 });
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#writable ??= new PlatformWritable({
      write: (octets) => this.write(octets),
      close: () => this.closeWrite(),
      abort: (reason) => this.#exchange.abort(reason),
    });
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const content = await this.#opened.promise;
    if (this.#readEnded) return null;
    const octets = await content.readPiece();
    if (octets === null) this.#endRead();
    return octets;
  }

  async write(octets: Uint8Array): Promise<void> {
    await this.#opened.promise;
    if (this.#writeEnded) throw new TypeError("Cannot write: the side of the server has ended");
    await this.#exchange.write(octets);
  }

  async closeWrite(): Promise<void> {
    await this.#opened.promise;
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    this.#exchange.end();
    this.#endIfBoth();
  }

  close(): void {
    then(this.closeWrite(), () => this.#endRead(), () => {});
  }

  #endRead(): void {
    this.#readEnded = true;
    this.#endIfBoth();
  }

  #endIfBoth(): void {
    if (this.#readEnded && this.#writeEnded) this.#closed.resolve();
  }

  #lose(reason: unknown): void {
    this.#opened.reject(reason);
    this.#closed.resolve();
  }
}

/** The protocol of the connection; empty for a tunnel, which has none that the server knows. */
function chooseProtocol({ method, fields }: RequestHead, protocol: string | undefined): string {
  const requested = method === "CONNECT" ? [""] : requestedProtocols(fields.get("upgrade"));
  const chosen = protocol ?? requested[0];
  const wanted = chosen.toLowerCase();
  if (requested.some((each) => each.toLowerCase() === wanted)) return chosen;
  throw new TypeError(`Cannot upgrade: the request does not ask for ${chosen}`);
}
