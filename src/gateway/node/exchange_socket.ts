// What an application sees as the socket of a request: addresses, deadlines of inactivity and the end of
// the response. It writes to one exchange and never touches a connection.

import { then } from "../../io/platform.ts";
import { Duplex } from "node:stream";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Exchange } from "../../exchange/exchange.ts";
import type { Field } from "../../http1/response_head.ts";
import type { Sent } from "./node_types.ts";

/** The socket of one request. */
export class ExchangeSocket extends Duplex {
  /** As in `net.Socket`. */
  readonly connecting = false;
  readonly pending = false;
  timeout = 0;
  /** True if the client uses TLS, up to a trusted proxy; else it is missing, as in `net.Socket`. */
  declare encrypted?: true;
  bytesRead = 0;
  bytesWritten = 0;
  /** Whether the end of this socket is the end of a whole response. */
  responseIsWhole = false;
  /** Fields behind the content of that response. */
  trailers: readonly Field[] | undefined;
  readonly #exchange: Exchange;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param exchange takes what is written */
  constructor(exchange: Exchange) {
    super({ allowHalfOpen: true, autoDestroy: false });
    this.#exchange = exchange;
    if (exchange.scheme === "https") this.encrypted = true;
    // An error belongs to the request or the response; the socket only passes it on.
    this.on("error", () => {});
  }

  get remoteAddress(): string | undefined {
    return hostOf(this.#exchange.remoteAddr);
  }

  get remotePort(): number | undefined {
    return portOf(this.#exchange.remoteAddr);
  }

  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress);
  }

  get localAddress(): string | undefined {
    return hostOf(this.#exchange.localAddr);
  }

  get localPort(): number | undefined {
    return portOf(this.#exchange.localAddr);
  }

  get localFamily(): string | undefined {
    return familyOf(this.localAddress);
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  get readyState(): string {
    return this.writable ? "open" : "closed";
  }

  address(): { address?: string; port?: number; family?: string } {
    const { localAddress, localPort, localFamily } = this;
    if (localAddress === undefined) return {};
    return { address: localAddress, port: localPort!, family: localFamily! };
  }

  setTimeout(milliseconds: number, callback?: () => void): this {
    this.timeout = milliseconds;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (milliseconds > 0) {
      if (callback !== undefined) this.once("timeout", callback);
      this.#timer = setTimeout(() => this.emit("timeout"), milliseconds).unref();
    } else if (callback !== undefined) {
      this.removeListener("timeout", callback);
    }
    return this;
  }

  /** Begins the time of inactivity again. */
  keepActive(): void {
    this.#timer?.refresh();
  }

  // The server's own options decide these.
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }

  override _read(): void {} // content is read through the request

  override _write(piece: Uint8Array, _encoding: string, done: Sent): void {
    this.keepActive();
    this.bytesWritten += piece.length;
    let room: void | Promise<void>;
    try {
      room = this.#exchange.write(piece);
    } catch (error) {
      return done(error as Error);
    }
    if (room === undefined) done();
    else then(room, () => done(), done);
  }

  override _final(done: Sent): void {
    try {
      if (this.responseIsWhole) this.#exchange.end(this.trailers);
      else this.#cut(undefined);
    } catch (error) {
      return done(error as Error);
    }
    done();
  }

  override _destroy(error: Error | null, done: Sent): void {
    clearTimeout(this.#timer);
    if (this.#exchange.ended) return done(error);
    this.#cut(error);
    setImmediate(() => done(error)); // a socket of Node closes behind what is due in this turn
  }

  #cut(error: Error | null | undefined): void {
    const exchange = this.#exchange;
    if (!exchange.ended) exchange.abort(error ?? new Error("The application closed the socket"));
  }
}

function hostOf(address: Exchange["remoteAddr"]): string | undefined {
  return "hostname" in address ? address.hostname : undefined;
}

function portOf(address: Exchange["remoteAddr"]): number | undefined {
  return "port" in address ? address.port : undefined;
}

function familyOf(host: string | undefined): string | undefined {
  return host === undefined ? undefined : host.includes(":") ? "IPv6" : "IPv4";
}
