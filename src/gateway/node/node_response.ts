// The `http.ServerResponse` of an exchange. Node's own code checks and keeps status and fields, in its
// order of events; only its text of a head and its chunks are replaced by calls of the exchange. A response
// that `end` gives whole becomes one call.

import { then } from "../../io/platform.ts";
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { nextTick } from "node:process";
import type { Exchange } from "../../exchange/exchange.ts";
import type { Field, ResponseHead } from "../../http1/response_head.ts";
import type { ExchangeSocket } from "./exchange_socket.ts";
import type { NodeRequest } from "./node_request.ts";
import { type HeadState, ResponseBase, type Sent } from "./node_types.ts";

type Piece = string | Uint8Array;

/** The pieces of a response that `end` gives whole. */
interface WholeResponse {
  readonly pieces: (readonly [piece: Piece, encoding: BufferEncoding | undefined])[];
  readonly sent: Sent[];
}

/** Where Node keeps that `write` returned false, so that `drain` follows. */
const NEEDS_DRAIN = Object.getOwnPropertySymbols(new ResponseBase({} as IncomingMessage))
  .find(({ description }) => description === "kNeedDrain");

/** The response of an exchange. */
export class NodeResponse extends ResponseBase {
  readonly #exchange: Exchange;
  readonly #exchangeSocket: ExchangeSocket;
  readonly #onFailure: (error: unknown) => void;
  #fields: Field[] = [];
  #begun = false;
  /** Whether Node would send the content in chunks, also content that is whole: the application asked for it
   * with Transfer-Encoding or Trailer. */
  #isChunked = false;
  #whole: WholeResponse | undefined;

  /** @param request the request
   * @param exchange where the response goes
   * @param socket what the application sees as its socket
   * @param onFailure called when the head cannot be sent */
  constructor(
    request: NodeRequest,
    exchange: Exchange,
    socket: ExchangeSocket,
    onFailure: (error: unknown) => void,
  ) {
    super(request);
    // Express gives each response another prototype, so what replaces Node's methods belongs to the object.
    const { end, _storeHeader, _storeHeaderEntry, _send, _writeRaw } = NodeResponse.prototype;
    Object.assign(this, { end, _storeHeader, _storeHeaderEntry, _send, _writeRaw });
    this.#exchange = exchange;
    this.#exchangeSocket = socket;
    this.#onFailure = onFailure;
    this.shouldKeepAlive = exchange.head.persistent;
    this.assignSocket(socket as unknown as Parameters<this["assignSocket"]>[0]);
    socket.on("drain", () => {
      if (NEEDS_DRAIN === undefined || this.finished || !Reflect.get(this, NEEDS_DRAIN)) return;
      Reflect.set(this, NEEDS_DRAIN, false);
      this.emit("drain");
    });
  }

  /** As in Node. */
  override end(...piece: unknown[]): this {
    const { finished } = this;
    if (!this.#begun && !finished) this.#whole = { pieces: [], sent: [] };
    try {
      super.end(...piece);
    } catch (error) {
      this.#whole = undefined;
      throw error;
    }
    const whole = this.#whole;
    this.#whole = undefined;
    const trailers = this.#isChunked && this._trailer !== "" ? linesOf(this._trailer) : undefined;
    if (whole !== undefined && !this.#isChunked) {
      if (whole.sent.length > 0) this.#respond(whole);
    } else if (!finished) {
      if (whole !== undefined) this.#sendPieces(whole);
      this.#exchangeSocket.trailers = trailers;
      this.#exchangeSocket.responseIsWhole = true;
      this.#exchangeSocket.end();
    }
    return this;
  }

  /** Sends what `end` gave whole in chunks. */
  #sendPieces({ pieces, sent }: WholeResponse): void {
    for (const [piece, encoding] of pieces) this._send(piece, encoding);
    this._send("", undefined, (error) => callAll(sent, error ?? undefined));
  }

  /** Keeps each field beside Node's text of the head. */
  override _storeHeaderEntry(
    state: HeadState,
    name: string,
    value: unknown,
    validate: boolean,
  ): void {
    super._storeHeaderEntry(state, name, value, validate);
    if (!Array.isArray(value)) {
      this.#fields.push([name, String(value)]);
    } else if (name.toLowerCase() === "cookie") {
      this.#fields.push([name, value.join("; ")]);
    } else {
      for (const each of value) this.#fields.push([name, String(each)]);
    }
  }

  override _storeHeader(statusLine: string, headers: unknown): void {
    this.#fields = [];
    super._storeHeader(statusLine, headers);
    this.#isChunked = this.chunkedEncoding;
    this.chunkedEncoding = false; // the exchange frames what is written
    if (!this.shouldKeepAlive && this.#exchange.head.persistent) {
      this.#fields.push(["Connection", "close"]);
    }
  }

  /** Sends a piece of content, behind the head. */
  _send(piece: Piece, encoding?: BufferEncoding | null | Sent, sent?: Sent | null): boolean {
    if (this.#exchangeSocket.destroyed) return false;
    if (typeof encoding === "function") return this._send(piece, undefined, encoding);
    this._headerSent = true;
    if (this.#whole !== undefined) {
      if (piece.length > 0) this.#whole.pieces.push([piece, encoding ?? undefined]);
      if (typeof sent === "function") this.#whole.sent.push(sent);
      return true;
    }
    if (!this.#begin()) return false;
    if (piece.length === 0 && typeof sent !== "function") return true;
    return this.#exchangeSocket.write(piece, encoding ?? "utf8", sent ?? undefined);
  }

  /** Sends an interim response, which Node gives as text. */
  _writeRaw(text: string, encoding?: string | Sent, sent?: Sent): boolean {
    if (this.#exchangeSocket.destroyed) return false;
    const done = typeof encoding === "function" ? encoding : sent ?? (() => {});
    const [statusLine, ...lines] = text.trimEnd().split("\r\n");
    const status = Number(statusLine.split(" ")[1]);
    if (status === 100) {
      // The exchange sends 100 (Continue) when the content is first read, once.
      this.req.read(0);
      nextTick(done);
      return true;
    }
    const fields = lines.map(fieldOf);
    then(this.#exchange.informational(status, fields), () => done(), done);
    return true;
  }

  /** Ends a response for the application, behind its `finish`. */
  static close(response: NodeResponse): void {
    if (response._closed) return;
    response.destroyed = true;
    response._closed = true;
    response.emit("close");
  }

  get #head(): ResponseHead {
    return { status: this.statusCode, statusText: this.statusMessage, fields: this.#fields };
  }

  #begin(): boolean {
    if (this.#begun) return true;
    this.#begun = true;
    try {
      this.#exchange.begin(this.#head);
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
    return true;
  }

  #respond({ pieces, sent }: WholeResponse): void {
    this.#begun = true;
    let sending: void | Promise<void>;
    try {
      sending = this.#exchange.respond(this.#head, this._hasBody ? joined(pieces) : null);
    } catch (error) {
      return this.#onFailure(error);
    }
    if (sending === undefined) nextTick(callAll, sent, undefined);
    else then(sending, () => callAll(sent, undefined), (error) => callAll(sent, error));
  }
}

/** The fields of a text that Node has made and checked. */
function linesOf(text: string): Field[] {
  return text.trimEnd().split("\r\n").map(fieldOf);
}

function fieldOf(line: string): Field {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function joined(pieces: WholeResponse["pieces"]): Piece {
  if (pieces.length === 0) return "";
  if (pieces.length > 1) return Buffer.concat(pieces.map(octetsOf));
  const [piece, encoding] = pieces[0];
  const isUtf8 = encoding === undefined || /^utf-?8$/i.test(encoding);
  return typeof piece === "string" && isUtf8 ? piece : octetsOf(pieces[0]);
}

function octetsOf([piece, encoding]: WholeResponse["pieces"][number]): Uint8Array {
  return typeof piece === "string" ? Buffer.from(piece, encoding) : piece;
}

function callAll(callbacks: readonly Sent[], error: Error | undefined): void {
  for (const callback of callbacks) callback(error);
}
