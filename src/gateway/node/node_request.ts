// The `http.IncomingMessage` of an exchange. It pulls content from the exchange as the application reads.

import { then } from "../../io/platform.ts";
import { Buffer } from "node:buffer";
import { nextTick } from "node:process";
import type { Exchange } from "../../exchange/exchange.ts";
import type { ExchangeSocket } from "./exchange_socket.ts";
import { RequestBase, type Sent } from "./node_types.ts";

/** The request of an exchange. */
export class NodeRequest extends RequestBase {
  readonly #exchange: Exchange;
  readonly #exchangeSocket: ExchangeSocket;
  readonly #onFault: (error: unknown) => void;

  /** @param exchange the request
   * @param socket what the application sees as its socket
   * @param onFault called when the content cannot be read */
  constructor(exchange: Exchange, socket: ExchangeSocket, onFault: (error: unknown) => void) {
    super(socket);
    // Express gives each request another prototype.
    const { _read, _destroy } = NodeRequest.prototype;
    Object.assign(this, { _read, _destroy });
    this.#exchange = exchange;
    this.#exchangeSocket = socket;
    this.#onFault = onFault;
    const { head: { method, minorVersion, target, fields }, mountPath } = exchange;
    this.method = method;
    this.httpVersionMajor = 1;
    this.httpVersionMinor = minorVersion;
    this.httpVersion = `1.${minorVersion}`;
    this.url = target.raw;
    if (mountPath !== "" && target.form === "origin") {
      // Connect's rule for what is mounted at a path; Express and others keep to it.
      (this as { originalUrl?: string }).originalUrl = target.raw;
      const below = target.raw.slice(mountPath.length);
      this.url = below.startsWith("/") ? below : "/" + below;
    }
    this.#addLines(fields.names, fields.values);
    if (exchange.content === undefined) this.push(null);
  }

  override _read(): void {
    this._readableState.readingMore = false;
    this._consuming = true;
    const { content } = this.#exchange;
    if (content === undefined || this.complete) return;
    then(content.readPiece(), (piece) => {
      if (this.destroyed) return;
      this.#exchangeSocket.keepActive();
      if (piece === null) {
        this.#end();
      } else {
        this.#exchangeSocket.bytesRead += piece.length;
        this.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
      }
    }, this.#onFault);
  }

  /** Tells the application that the rest does not come, then closes, ahead of the response, as in Node. */
  override _destroy(error: Error | null, done: Sent): void {
    if (!this.readableEnded || !this.complete) {
      this.aborted = true;
      this.emit("aborted");
      if (!this.#exchangeSocket.destroyed) this.#exchangeSocket.destroy(error ?? undefined);
    }
    nextTick(() => done(this.listenerCount("error") > 0 ? error : null));
  }

  /** Takes the trailer section, then ends the content. */
  #end(): void {
    const { head, trailers } = this.#exchange;
    if (head.framing.kind !== "chunked") return this.#finish();
    then(trailers, ({ names, values }) => {
      this.complete = true; // from here on field lines count as trailers
      this.#addLines(names, values);
      this.#finish();
    }, this.#onFault);
  }

  #finish(): void {
    this.complete = true;
    if (!this.destroyed) this.push(null);
  }

  /** Adds field lines to those of the head, or of the trailer section when the content is complete. */
  #addLines(names: readonly string[], values: readonly string[]): void {
    const lines: string[] = [];
    for (let index = 0; index < names.length; index++) lines.push(names[index], values[index]);
    this._addHeaderLines(lines, lines.length);
  }

  /** Lets go of the content when the response is over. What the client has not sent yet is left to the
   * connection, which reads it up to a limit. */
  static leave(request: NodeRequest): void {
    if (request.destroyed) return;
    if (request.complete) return request._dump();
    request.removeAllListeners("data");
    request._dumpAndCloseReadable();
    request.emit("close");
  }
}
