// The socket that the listeners of `upgrade` and `connect` of an `http.Server` are given. They write the text of
// a response to it: the exchange gets that as a response, and behind 101 the octets of both sides pass.

import { DOMException, Promise as PlatformPromise, then } from "../../io/platform.ts";
import { Buffer } from "node:buffer";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Exchange } from "../../exchange/exchange.ts";
import type { Departure } from "../../exchange/abortable_exchange.ts";
import { FrameBoundary } from "../../websocket/frame_boundary.ts";
import { encodeClose } from "../../websocket/frames.ts";
import { ExchangeSocket } from "./exchange_socket.ts";
import type { Sent } from "./node_types.ts";
import { parseWrittenHead, WrittenContent, type WrittenHead } from "./written_response.ts";

/** Pieces that are written together are joined up to so many octets: a frame and its head are two. */
const MAX_JOINED = 64 * 1024;
/** How long the peer has for its end of the connection when the application is loaded again, in milliseconds.
 * When the server stops, its own deadline comes first. */
const DEPARTURE_TIMEOUT = 5_000;

/** `head` until the application has written the head of a response; then `tunnel`, or `response` when it refuses
 * the upgrade. */
type State = "head" | "tunnel" | "response";

/** The socket of a request that asks for another protocol. */
export class UpgradeSocket extends ExchangeSocket {
  readonly #exchange: Exchange;
  readonly #onFault: (error: unknown) => void;
  readonly #closed = PlatformPromise.withResolvers<void>();
  #state: State = "head";
  /** What has come of the head. */
  #headOctets = Buffer.alloc(0);
  /** The content of a refusal. */
  #content: WrittenContent | undefined;
  /** Lets the connection give more octets of the client. */
  #resume: (() => void) | undefined;
  /** Finds where frames of the application end; undefined unless the protocol is WebSocket. */
  #boundary: FrameBoundary | undefined;
  #departure: Departure | undefined;
  /** Whether the peer was told that the server ends the WebSocket: nothing of the application may follow. */
  #closeSent = false;
  #departureTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param exchange the request that asks for the protocol
   * @param onFault called when the application has written no response */
  constructor(exchange: Exchange, onFault: (error: unknown) => void) {
    super(exchange);
    this.#exchange = exchange;
    this.#onFault = onFault;
    this.once("close", () => this.#closed.resolve());
    // As `net.Socket`, it closes when both sides have ended. A refusal ends with what the application sends.
    this.once("finish", () => {
      if (this.readableEnded || this.#state !== "tunnel") this.destroy();
    });
    this.once("end", () => {
      if (this.writableFinished) this.destroy();
    });
    exchange.onDisconnect(() => {
      if (this.destroyed) return;
      this.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
    });
  }

  /** Resolves when both sides have ended, or the connection is lost. */
  get untilClosed(): Promise<void> {
    return this.#closed.promise;
  }

  override _read(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  override _writev(pieces: { chunk: Uint8Array }[], done: Sent): void {
    const size = pieces.reduce((sum, { chunk }) => sum + chunk.length, 0);
    if (size <= MAX_JOINED) {
      return this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), "", done);
    }
    const writeNext = (at: number) => {
      if (at === pieces.length) return done();
      this._write(pieces[at].chunk, "", (error) => error ? done(error) : writeNext(at + 1));
    };
    writeNext(0);
  }

  override _write(piece: Uint8Array, _encoding: string, done: Sent): void {
    this.keepActive();
    this.bytesWritten += piece.length;
    let room: void | Promise<void>;
    try {
      room = this.#state === "head" ? this.#takeHead(piece) : this.#send(piece);
    } catch (error) {
      done(error as Error);
      return this.#onFault(error);
    }
    if (room === undefined) done();
    else then(room, () => done(), done);
  }

  override _final(done: Sent): void {
    if (this.#state === "head") this.#exchange.abort(noResponse());
    else this.#exchange.end();
    done();
  }

  override _destroy(error: Error | null, done: Sent): void {
    clearTimeout(this.#departureTimer);
    // What was written before goes out, as that of a socket of Node that is destroyed.
    if (error === null && this.#state !== "head") this.#exchange.end();
    this._read();
    super._destroy(error, done);
  }

  /** Collects the head of the response, then sends it.
   *
   * @returns a promise when the client must catch up before more */
  #takeHead(piece: Uint8Array): void | Promise<void> {
    this.#headOctets = Buffer.concat([this.#headOctets, piece]);
    const head = parseWrittenHead(this.#headOctets);
    if (head === undefined) return;
    this.#headOctets = Buffer.alloc(0);
    const isTunnel = this.#exchange.head.method === "CONNECT"
      ? head.status >= 200 && head.status < 300
      : head.status === 101;
    if (isTunnel) this.#open(head);
    else this.#refuse(head);
    return this.#send(head.rest);
  }

  #refuse(head: WrittenHead): void {
    const fields = head.fields.filter(([name]) => !/^connection$/i.test(name));
    this.#exchange.begin({ ...head, fields: [...fields, ["Connection", "close"]] });
    this.#state = "response";
    this.#content = new WrittenContent(fields);
  }

  #open({ fields }: WrittenHead): void {
    const exchange = this.#exchange;
    const content = exchange.upgrade(fields);
    if (content === undefined) throw new DOMException("No more connections may be upgraded");
    this.#state = "tunnel";
    const isWebSocket = /^websocket$/i.test(exchange.head.fields.get("upgrade") ?? "");
    if (isWebSocket) this.#boundary = new FrameBoundary();
    exchange.onDeparture((departure) => this.#depart(departure));
    then(
      content.pushTo((octets) => this.#take(octets)),
      () => {
        if (!this.destroyed) this.push(null);
      },
      (error) => this.destroy(error),
    );
  }

  /** Takes octets of the client; a promise while the application does not read. */
  #take(octets: Uint8Array): void | Promise<void> {
    if (this.destroyed) return;
    this.keepActive();
    this.bytesRead += octets.length;
    if (this.push(Buffer.from(octets))) return;
    return new PlatformPromise<void>((resolve) => this.#resume = resolve);
  }

  #send(piece: Uint8Array): void | Promise<void> {
    if (this.#closeSent || piece.length === 0) return;
    if (this.#content !== undefined) return this.#sendContent(this.#content, piece);
    const room = this.#exchange.write(piece);
    this.#boundary?.pass(piece);
    if (this.#departure !== undefined) this.#depart(this.#departure);
    return room;
  }

  #sendContent(content: WrittenContent, piece: Uint8Array): void | Promise<void> {
    let room: void | Promise<void> = undefined;
    content.take(piece, (octets) => {
      room = this.#exchange.write(octets);
    });
    // The application may leave the socket open for another request, which Node would read.
    if (content.done) setImmediate(() => this.destroy());
    return room;
  }

  /** The server stops, or the application is loaded again. A WebSocket gets the code for that behind the frame
   * under way, and the application sees the code that the peer sends back. Other protocols end. */
  #depart(departure: Departure): void {
    this.#departure = departure;
    if (this.destroyed) return;
    this.#departureTimer ??= setTimeout(() => this.destroy(), DEPARTURE_TIMEOUT);
    if (this.#boundary === undefined) return this.destroySoon();
    if (this.#closeSent || !this.#boundary.reached || this.writableEnded) return;
    this.#closeSent = true;
    const [code, reason] = departure === "stop"
      ? [1001, "The server is stopping"] as const
      : [1012, "The application is loaded again"] as const;
    then(
      PlatformPromise.resolve(this.#exchange.write(encodeClose(code, reason))),
      () => {},
      () => {},
    );
  }
}

function noResponse(): DOMException {
  return new DOMException("The application has ended the socket without a response", "AbortError");
}
