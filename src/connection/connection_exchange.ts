// One request and its response on a connection. It stands between whoever answers and the connection's
// buffers: it writes the head, frames the content, counts what was declared, and remembers what the
// connection must know afterwards: whether it may persist, and whether the answer is whole.

import { AbortableExchange } from "../exchange/abortable_exchange.ts";
import { type ContentConnection, openContent, type RequestContent } from "./request_content.ts";
import type { ConnectionContext, Endpoints } from "./connection_context.ts";
import type { ContentReader } from "../content/content_reader.ts";
import type { Exchange, ServerInfo } from "../exchange/exchange.ts";
import { ContentEncoder } from "../http1/content_encoder.ts";
import { encodeText, isShared } from "../io/text_encoder.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Field, ResponseHead } from "../http1/response_head.ts";
import type { Address } from "../io/address.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";
import type { StreamWriter } from "../io/stream_writer.ts";
import type { LogLevel } from "../log/log_event.ts";
import type { Forwarding, Origin } from "../proxies/forwarding.ts";
import type { TlsInfo } from "../tls/tls_info.ts";

/** What an exchange needs of its connection. */
export interface ExchangeConnection extends ContentConnection {
  readonly context: ConnectionContext;
  readonly endpoints: Endpoints;
  readonly writer: StreamWriter;
  /** Who is behind the proxy at the other end; undefined when that is the client. */
  readonly forwarding: Forwarding | undefined;
  /** Whether the connection may take another request as far as the server is concerned. */
  readonly mayPersist: boolean;
}

/** `open` until a head is given; `complete` and `aborted` are final. */
type ResponseState = "open" | "begun" | "complete" | "aborted";

/** Tells request ids of different processes apart. */
const processTag = crypto.randomUUID().slice(0, 8);
let serial = 0;

/** One request and its response on a connection. */
export class ConnectionExchange extends AbortableExchange implements Exchange {
  /** Method, target, fields and what follows from them. */
  readonly head: RequestHead;
  mountPath = "";
  queueTime = 0;
  workerId: number | undefined;
  /** Whether the client still waits for 100 (Continue) before it sends content. */
  expectPending: boolean;

  readonly #host: ExchangeConnection;
  /** Undefined when the other end of the connection is the client. */
  readonly #origin: Origin | undefined;
  readonly #content: RequestContent | undefined;
  /** Whether content came together with the head. */
  readonly #contentArrived: boolean;
  readonly #serial = ++serial;
  #state: ResponseState = "open";
  #persistent = false;
  #encoder: ContentEncoder | undefined;
  #completion: PromiseWithResolvers<void> | undefined;
  #settled = false;

  /** @param host the connection
   * @param head the request */
  constructor(host: ExchangeConnection, head: RequestHead) {
    super();
    this.#host = host;
    this.#origin = host.forwarding?.originOf(head, host.endpoints);
    this.head = this.#origin?.head ?? head;
    this.#content = openContent(head.framing, host, host.context);
    this.expectPending = head.expectContinue && this.#content !== undefined;
    this.#contentArrived = host.reader.buffer.length > 0;
  }

  get requestId(): string {
    return `${processTag}-${this.#serial.toString(36)}`;
  }

  get scheme(): "http" | "https" {
    return (this.#origin ?? this.#host.endpoints).scheme;
  }

  get localAddr(): Address {
    return this.#host.endpoints.localAddr;
  }

  get remoteAddr(): Address {
    return (this.#origin ?? this.#host.endpoints).remoteAddr;
  }

  get server(): ServerInfo {
    return this.#host.context.server;
  }

  get tls(): TlsInfo | undefined {
    return this.#host.endpoints.tls;
  }

  get peer(): PeerCredentials | undefined {
    return this.#host.endpoints.peer;
  }

  /** The accepting thread must not wait for anybody. */
  get blocking(): undefined {
    return undefined;
  }

  get content(): ContentReader | undefined {
    return this.#content?.reader;
  }

  get contentFailure(): ProtocolError | undefined {
    const failure = this.#content?.reader.failure;
    return failure instanceof ProtocolError ? failure : undefined;
  }

  get completed(): Promise<void> {
    if (this.#completion === undefined) {
      this.#completion = Promise.withResolvers<void>();
      this.#completion.promise.catch(() => {}); // asking is not yet caring
      if (this.#settled) this.#settleCompletion();
    }
    return this.#completion.promise;
  }

  get responding(): boolean {
    return this.#state !== "open";
  }

  get ended(): boolean {
    return this.#state === "complete" || this.#state === "aborted";
  }

  /** Whether the answer was cut short. */
  get aborted(): boolean {
    return this.#state === "aborted";
  }

  /** Whether the connection stays open after this exchange. */
  get persistent(): boolean {
    return this.#persistent && this.#state === "complete";
  }

  respond(head: ResponseHead, content: Uint8Array | string | null): void | Promise<void> {
    const { writer } = this.#host;
    let octets = typeof content === "string" ? encodeText(content) : content;
    const size = octets === null ? 0 : octets.length;
    const framing = this.#writeHead(head, size);
    this.#state = "complete";
    if (framing.kind !== "length") return;
    if (size > framing.length) this.#reportOverflow(framing.length);
    if (octets !== null && size > 0 && framing.length > 0) {
      if (size > framing.length) octets = octets.subarray(0, framing.length);
      if (isShared(octets)) {
        writer.buffer.append(octets); // copied at once
      } else {
        const sending = writer.write(octets);
        if (sending !== undefined) return sending.then(() => this.#finish(size >= framing.length));
      }
    }
    this.#finish(size >= framing.length);
  }

  begin(head: ResponseHead): boolean {
    const framing = this.#writeHead(head, undefined);
    this.#encoder = new ContentEncoder(framing);
    this.#state = "begun";
    return this.#encoder.wanted;
  }

  write(piece: Uint8Array): void | Promise<void> {
    if (this.#state !== "begun") {
      if (this.#state === "complete" && this.#encoder?.overflowed) return;
      if (this.#state === "aborted") return Promise.reject(this.abortReason);
      throw new TypeError(`Cannot write content: the answer is ${this.#state}`);
    }
    const encoder = this.#encoder!;
    if (piece.length === 0 || !encoder.wanted) return;
    const { writer } = this.#host;
    const { overflowed } = encoder;
    const allowed = encoder.before(writer.buffer, piece.length);
    if (encoder.overflowed && !overflowed) this.#reportOverflow(encoder.sent);
    if (encoder.overflowed) this.#state = "complete"; // nothing more of it can be sent
    if (allowed === 0) return;
    const sending = writer.write(allowed === piece.length ? piece : piece.subarray(0, allowed));
    if (sending !== undefined) {
      return sending.then(() => {
        encoder.after(writer.buffer);
      });
    }
    encoder.after(writer.buffer);
    writer.kick();
    return writer.room();
  }

  end(): void {
    if (this.#state !== "begun") return;
    this.#finish(this.#encoder!.finish(this.#host.writer.buffer));
  }

  abort(reason: unknown): void {
    if (this.#state === "aborted") return;
    this.#state = "aborted";
    this.#host.context.counters.aborted++;
    this.disconnect(reason);
  }

  async informational(status: number, fields: Iterable<Field>): Promise<void> {
    const { writer, context } = this.#host;
    if (this.#state !== "open") {
      throw new TypeError("Cannot send interim response: the final answer has begun");
    }
    const before = writer.buffer.length;
    context.headWriter.writeInterim(writer.buffer, status, fields);
    if (this.head.minorVersion === 0) {
      writer.buffer.length = before; // RFC 9110 §15.2: not to a 1.0 client; checked all the same
      return;
    }
    await writer.flush();
  }

  report(level: LogLevel, event: string, message: string, error?: unknown): void {
    const { requestId, remoteAddr, head: { method, target: { raw: target } } } = this;
    const { queueTime, workerId } = this;
    const { context } = this.#host;
    const where = {
      ...{ requestId, remoteAddr, method, target },
      ...(queueTime > 0 || workerId !== undefined ? { queueTime } : {}),
      ...(workerId !== undefined ? { workerId } : {}),
    };
    if (error instanceof ProtocolError) {
      const { code, status } = error;
      context.counters.refused++;
      context.log({ level, event, message, code, status, ...where });
    } else if (error === undefined) {
      context.log({ level, event, message, ...where });
    } else {
      context.log({ level, event, message, error, ...where });
    }
  }

  /** Whether the client now has to be sent 100 (Continue), which is so at most once. RFC 9110 §10.1.1:
   * not when its content is coming already. */
  takeContinue(): boolean {
    if (!this.expectPending) return false;
    this.expectPending = false;
    return !this.#contentArrived && this.#host.reader.buffer.length === 0;
  }

  /** Takes in what the application left of the content, so that the next request can be found.
   *
   * @returns false when there is too much of it */
  async drain(): Promise<boolean> {
    const message = this.#content?.message;
    if (message === undefined || message.decoder.done) return true;
    return await message.discard(this.#host.context.options.drainLimit);
  }

  /** Whether content is left that {@linkcode drain} has to take in. */
  get unread(): boolean {
    return this.#content !== undefined && !this.#content.message.decoder.done;
  }

  /** Settles `completed`; the connection calls it once, when the exchange is over. */
  settle(): void {
    this.#settled = true;
    if (this.#completion !== undefined) this.#settleCompletion();
  }

  #writeHead(head: ResponseHead, knownLength: number | undefined) {
    const { context, writer } = this.#host;
    if (this.#state !== "open") {
      throw new TypeError("Cannot answer: the exchange has its answer already");
    }
    const { framing, persistent } = context.headWriter.write(
      writer.buffer,
      {
        method: this.head.method,
        minorVersion: this.head.minorVersion,
        persistent: this.head.persistent && this.#host.mayPersist && this.#canReadPast(),
      },
      head,
      knownLength,
      context.wallClock(),
    );
    this.expectPending = false;
    this.#persistent = persistent;
    return framing;
  }

  /** Whether what is left of the content can be taken in, so that the next request can be read.
   * RFC 9112 §9.3: else the connection must close, and the head has to say so. */
  #canReadPast(): boolean {
    if (this.#content === undefined) return true;
    const { reader, message: { decoder: { done, remaining } } } = this.#content;
    if (reader.failure !== undefined) return false;
    if (done) return true;
    if (this.expectPending) return false;
    return remaining === Infinity || remaining <= this.#host.context.options.drainLimit;
  }

  #finish(whole: boolean): void {
    if (whole) {
      this.#state = "complete";
      return;
    }
    const reason = new TypeError("Cannot complete answer: less content came than was declared");
    this.report("error", "content-too-short", reason.message);
    this.abort(reason);
  }

  #reportOverflow(declared: number): void {
    this.report(
      "error",
      "content-too-long",
      `Cut content at its declared length: ${declared} octets, the application gave more`,
    );
  }

  #settleCompletion(): void {
    const { resolve, reject } = this.#completion!;
    if (this.#state === "complete") this.#host.writer.flush().then(resolve, reject);
    else reject(this.abortReason);
  }
}
