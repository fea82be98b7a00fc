// The `http.IncomingMessage` of an exchange. It pulls content from the exchange as the application reads.

import { then } from "../../io/platform.ts";
import { Buffer } from "node:buffer";
import type { Exchange } from "../../exchange/exchange.ts";
import type { ExchangeSocket } from "./exchange_socket.ts";
import { RequestBase } from "./node_types.ts";

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
    this._read = NodeRequest.prototype._read; // Express gives each request another prototype
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
    const lines: string[] = [];
    const { names, values } = fields;
    for (let index = 0; index < names.length; index++) lines.push(names[index], values[index]);
    this._addHeaderLines(lines, lines.length);
    if (exchange.content === undefined) {
      this.complete = true;
      this.push(null);
    }
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
        this.complete = true;
        this.push(null);
      } else {
        this.#exchangeSocket.bytesRead += piece.length;
        this.push(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
      }
    }, this.#onFault);
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
