// One request and its response on a connection. It writes the head of the response, frames the content and
// holds it to its declared length. Afterwards it tells the connection whether it may persist and whether
// the response is whole.

import { Promise, then } from "../io/platform.ts";
import { AbortableExchange, type Departure } from "../exchange/abortable_exchange.ts";
import { type ContentConnection, openContent, type RequestContent } from "./request_content.ts";
import type { ConnectionContext, Endpoints } from "./connection_context.ts";
import type { ContentReader } from "../content/content_reader.ts";
import type { Exchange, ServerInfo } from "../exchange/exchange.ts";
import { UpgradedContent } from "./upgraded_content.ts";
import { upgradeObstacle, upgradeStatus } from "../exchange/upgrade.ts";
import { plainResponse } from "../http1/plain_response.ts";
import { ContentEncoder } from "../http1/content_encoder.ts";
import { appendText, appendTextPart, encodedLength } from "../io/text_encoder.ts";
import { FieldSection } from "../http1/field_section.ts";
import { MaxSizeExceededError } from "../http1/max_size_exceeded_error.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import type { RequestHead } from "../http1/request_head.ts";
import type { Field, ResponseHead } from "../http1/response_head.ts";
import { trailerFields } from "../http1/response_rules.ts";
import type { Address } from "../io/address.ts";
import type { PeerCredentials } from "../io/peer_credentials.ts";
import type { StreamWriter } from "../io/stream_writer.ts";
import type { LogLevel } from "../log/log_event.ts";
import type { Forwarding, Origin } from "../proxies/forwarding.ts";
import type { TlsInfo } from "../tls/tls_info.ts";
import { factsOf } from "../exchange/request_facts.ts";
import { outcomeOfReport } from "../exchange/error_policy.ts";
import type { FinishedResponse, Outcome } from "../exchange/finished_response.ts";
import { nextRequestNumber, requestIdOf } from "./request_id.ts";
import type { UnsentResponse } from "./unsent_responses.ts";

/** The media type of server-sent events (HTML Standard §9.2). */
const EVENT_STREAM = /^\s*text\/event-stream\s*(;|$)/i;

/** What an exchange needs of its connection. */
export interface ExchangeConnection extends ContentConnection {
  readonly context: ConnectionContext;
  readonly endpoints: Endpoints;
  readonly writer: StreamWriter;
  /** Finds the client behind the proxy at the other end; undefined when that end is the client. */
  readonly forwarding: Forwarding | undefined;
  /** Whether the connection may take another request as far as the server is concerned. */
  readonly mayPersist: boolean;
  /** A whole response waits until its client has taken some of it. */
  responseWaits(exchange: ConnectionExchange): void;
  /** The connection speaks another protocol from here on. */
  enterUpgraded(): void;
  /** An upgraded connection is lost. */
  lost(): void;
  /** Sends what is collected and ends the server's side. */
  endWrites(): void;
}

/** One request and its response on a connection. */
export class ConnectionExchange extends AbortableExchange implements Exchange, UnsentResponse {
  /** Method, target, fields and what follows from them. */
  readonly head: RequestHead;
  mountPath = "";
  /** Where its response ends among the octets that the writer takes. */
  responseEnd = 0;
  queueTime = 0;
  workerId: number | undefined;
  traceparent: string | undefined = undefined;
  /** Whether the client still waits for 100 (Continue) before it sends content. */
  expectPending: boolean;

  readonly #connection: ExchangeConnection;
  /** Undefined when the other end of the connection is the client. */
  readonly #origin: Origin | undefined;
  readonly #content: RequestContent | undefined;
  /** Whether content came together with the head. */
  readonly #contentArrived: boolean;
  readonly #number = nextRequestNumber();
  #persistent = false;
  #encoder: ContentEncoder | undefined;
  /** The head of a response whose content follows in pieces. */
  #begunHead: ResponseHead | undefined;
  /** What was wrong with the request, once that has been reported. */
  #fault: ProtocolError | undefined;
  /** Whether the server has responded in the application's place, because of a limit. */
  #replaced = false;
  /** Whether the connection does not speak HTTP any more. */
  #upgraded = false;
  #settled = false;
  readonly #start: number;
  #handlingSince: number | undefined;
  /** When the head of the response was given. */
  #headAt: number | undefined;
  #status: number | undefined;
  /** Octets of content of a response that was given whole. */
  #contentOut = 0;

  /** @param connection what the request came over
   * @param head the request
   * @param start when its first octet was seen, on the server's clock */
  constructor(connection: ExchangeConnection, head: RequestHead, start: number) {
    super();
    this.#connection = connection;
    this.#start = start;
    this.#origin = connection.forwarding?.originOf(head, connection.endpoints);
    this.head = this.#origin?.head ?? head;
    this.#content = openContent(head.framing, connection, connection.context);
    this.expectPending = head.expectContinue && this.#content !== undefined;
    this.#contentArrived = connection.reader.buffer.length > 0;
  }

  get requestId(): string {
    return requestIdOf(this.#number);
  }

  get scheme(): "http" | "https" {
    return (this.#origin ?? this.#connection.endpoints).scheme;
  }

  get localAddr(): Address {
    return this.#connection.endpoints.localAddr;
  }

  get remoteAddr(): Address {
    return (this.#origin ?? this.#connection.endpoints).remoteAddr;
  }

  get server(): ServerInfo {
    return this.#connection.context.server;
  }

  get tls(): TlsInfo | undefined {
    return this.#connection.endpoints.tls;
  }

  get peer(): PeerCredentials | undefined {
    return this.#connection.endpoints.peer;
  }

  /** The accepting thread must not block. */
  get blocking(): undefined {
    return undefined;
  }

  get content(): ContentReader | undefined {
    return this.#content?.reader;
  }

  get trailers(): Promise<FieldSection> {
    return this.#content?.message.trailers ?? Promise.resolve(FieldSection.empty);
  }

  get contentFailure(): ProtocolError | undefined {
    const failure = this.#content?.reader.failure;
    return failure instanceof ProtocolError ? failure : undefined;
  }

  /** Whether the response was cut short. */
  get aborted(): boolean {
    return this.responseState === "aborted";
  }

  /** Whether the whole response was given. */
  get complete(): boolean {
    return this.responseState === "complete";
  }

  /** Whether the connection stays open after this exchange. */
  get persistent(): boolean {
    return this.#persistent && this.responseState === "complete";
  }

  respond(head: ResponseHead, content: Uint8Array | string | null): void | Promise<void> {
    const failure = this.#replacement(head);
    if (failure !== undefined) return this.#respondInstead(failure);
    const size = typeof content === "string" ? encodedLength(content) : content?.length ?? 0;
    // RFC 9110 §8.6: without content for HEAD it is not known how much a GET would get.
    const isHead = content === null && this.head.method === "HEAD";
    const framing = this.#writeHead(head, isHead ? undefined : size);
    this.responseState = "complete";
    if (framing.kind !== "length") return;
    this.#contentOut = Math.min(size, framing.length);
    if (size > framing.length) this.#reportOverflow(framing.length);
    const sending = content === null || this.#contentOut === 0
      ? undefined
      : this.#sendWhole(content, size, framing.length);
    if (sending !== undefined) {
      this.#connection.responseWaits(this);
      return then(sending, () => this.#finish(size >= framing.length));
    }
    this.#finish(size >= framing.length);
  }

  /** Sends all content of a response behind its head.
   *
   * @param size octets of it
   * @param declared how many of them may be sent */
  #sendWhole(
    content: Uint8Array | string,
    size: number,
    declared: number,
  ): Promise<void> | undefined {
    const { writer } = this.#connection;
    const allowed = Math.min(size, declared);
    if (typeof content !== "string") {
      return writer.write(allowed < size ? content.subarray(0, allowed) : content);
    }
    if (size > writer.largestAppended) return sendText(writer, content, allowed);
    appendText(writer.buffer, content, size);
    writer.buffer.length -= size - allowed;
  }

  begin(head: ResponseHead): boolean {
    const failure = this.#replacement(head);
    if (failure !== undefined) {
      void this.#respondInstead(failure);
      return false;
    }
    const { writer } = this.#connection;
    const framing = this.#writeHead(head, undefined);
    this.#encoder = new ContentEncoder(framing);
    this.#begunHead = head;
    this.responseState = "begun";
    // Content may not come for long, and the client of an event stream waits for the head.
    writer.kickSoon();
    return this.#encoder.wanted;
  }

  write(piece: Uint8Array): void | Promise<void> {
    if (this.responseState !== "begun") {
      if (this.responseState === "complete" && (this.#replaced || this.#encoder?.overflowed)) {
        return;
      }
      if (this.responseState === "aborted") return Promise.reject(this.abortReason);
      throw new TypeError(`Cannot write content: the response is ${this.responseState}`);
    }
    if (this.#upgraded) return this.#writeUpgraded(piece);
    const encoder = this.#encoder!;
    if (piece.length === 0 || !encoder.wanted) return;
    const { writer } = this.#connection;
    const { overflowed } = encoder;
    const allowed = encoder.before(writer.buffer, piece.length);
    if (encoder.overflowed && !overflowed) this.#reportOverflow(encoder.sent);
    if (encoder.overflowed) this.responseState = "complete"; // nothing more of it can be sent
    if (allowed === 0) return;
    const sending = writer.write(allowed === piece.length ? piece : piece.subarray(0, allowed));
    if (sending !== undefined) {
      return then(sending, () => {
        encoder.after(writer.buffer);
      });
    }
    encoder.after(writer.buffer);
    writer.kickSoon();
    return writer.room();
  }

  end(trailers?: Iterable<Field>): void {
    if (this.responseState !== "begun") return;
    if (this.#upgraded) {
      this.responseState = "complete";
      return this.#connection.endWrites();
    }
    const lines = trailers && trailerFields(trailers);
    this.#finish(this.#encoder!.finish(this.#connection.writer.buffer, lines));
  }

  upgrade(fields: Iterable<Field>): UpgradedContent | undefined {
    const { context, reader, writer } = this.#connection;
    if (this.responseState !== "open") {
      throw new TypeError("Cannot upgrade: the exchange has its response already");
    }
    const obstacle = upgradeObstacle(this.head);
    if (obstacle !== undefined) throw new TypeError(`Cannot upgrade: ${obstacle}`);
    if (context.upgraded >= context.options.maxWebSockets) {
      const { head, content } = plainResponse(503);
      this.outcome ??= "refused";
      void this.respond(head, content);
      return undefined;
    }
    this.#status = upgradeStatus(this.head);
    const date = this.#status === 200 ? context.wallClock() : undefined;
    context.headWriter.writeUpgrade(writer.buffer, fields, date);
    this.responseState = "begun";
    this.#upgraded = true;
    this.#headAt = context.turn.now();
    this.#connection.enterUpgraded();
    writer.kickSoon();
    return new UpgradedContent(reader, () => this.#connection.lost());
  }

  /** Whether the connection does not speak HTTP any more. */
  get upgraded(): boolean {
    return this.#upgraded;
  }

  #writeUpgraded(piece: Uint8Array): void | Promise<void> {
    const { writer } = this.#connection;
    this.#contentOut += piece.length;
    const sending = writer.write(piece);
    if (sending !== undefined) return sending;
    writer.kickSoon();
    return writer.room();
  }

  abort(reason: unknown): void {
    if (this.responseState === "aborted") return;
    this.responseState = "aborted";
    // No outcome so far: the application aborts, because the client left or for its own reasons.
    this.outcome ??= this.abortReason === undefined ? "failed" : "client-left";
    this.disconnect(reason);
  }

  async informational(status: number, fields: Iterable<Field>): Promise<void> {
    const { writer, context } = this.#connection;
    if (this.responseState !== "open") {
      throw new TypeError("Cannot send interim response: the final response has begun");
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
    const { queueTime, workerId } = this;
    const { context } = this.#connection;
    const where = {
      ...factsOf(this),
      ...(queueTime > 0 || workerId !== undefined ? { queueTime } : {}),
      ...(workerId !== undefined ? { workerId } : {}),
    };
    if (!this.responding) this.outcome ??= outcomeOfReport(event, error);
    if (error instanceof ProtocolError) {
      const { code, status } = error;
      this.#fault ??= error;
      context.log({ level, event, message, code, status, ...where });
    } else if (error === undefined) {
      context.log({ level, event, message, ...where });
    } else {
      context.log({ level, event, message, error, ...where });
    }
  }

  /** Whether 100 (Continue) has to be sent now, at most once. RFC 9110 §10.1.1: not when the content is
   * coming already. */
  takeContinue(): boolean {
    if (!this.expectPending) return false;
    this.expectPending = false;
    return !this.#contentArrived && this.#connection.reader.buffer.length === 0;
  }

  /** Reads what the application left of the content, so that the next request can be found.
   *
   * @returns false when there is too much of it */
  async drain(): Promise<boolean> {
    const message = this.#content?.message;
    if (message === undefined || message.done) return true;
    return await message.discard(this.#connection.context.options.drainLimit);
  }

  /** Reads and drops the rest of the content before the connection closes, as far as `maxContentSize` allows:
   * a browser sends all of its upload before it reads the response.
   *
   * @throws {ProtocolError} when the framing is faulty or the content is cut off */
  async discardRest(): Promise<void> {
    const message = this.#content?.message;
    if (message === undefined || message.done) return;
    const { maxContentSize, lingerLimit } = this.#connection.context.options;
    // More than the limit cannot be read to its end, and nothing is won by reading a part.
    await message.discard(
      message.remaining === Infinity
        ? Math.max(0, maxContentSize - message.received) + lingerLimit // for the framing
        : maxContentSize - message.received,
    );
  }

  /** Ends the content for the application: reads fail from here on. */
  leaveContent(): void {
    this.#content?.reader.closeWithExchange();
  }

  /** Whether content is left for {@linkcode drain}. */
  get unread(): boolean {
    return this.#content !== undefined && !this.#content.message.done;
  }

  /** Whether the exchange is over. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Settles `completed`; the connection calls it once, when the exchange is over. */
  settle(): void {
    this.#settled = true;
    if (this.completionWanted) this.#settleCompletion();
  }

  /** Ends an event stream that the application has begun: by its nature it does not end by itself, and its
   * client connects again. Other responses are left alone.
   *
   * @param reason the reason that the application gets
   * @param departure what that of an upgraded connection gets */
  endEventStream(reason: unknown, departure: Departure): void {
    if (this.responseState !== "begun" || this.abortReason !== undefined) return;
    if (this.#upgraded) return this.depart(departure);
    for (const [name, value] of this.#begunHead!.fields) {
      if (name.toLowerCase() !== "content-type" || !EVENT_STREAM.test(value)) continue;
      this.outcome ??= "killed";
      return this.disconnect(reason);
    }
  }

  /** Whether the application has been given it. */
  get handling(): boolean {
    return this.#handlingSince !== undefined;
  }

  /** Sends an octet that changes nothing for the client, to find out whether it is still there.
   *
   * @returns false when the response has no place for one now */
  probe(): boolean {
    const { writer } = this.#connection;
    if (this.responseState !== "begun" || this.#upgraded || !this.#encoder!.probe(writer.buffer)) {
      return false;
    }
    writer.kick();
    return true;
  }

  override startHandlerTime(): void {
    this.#handlingSince = this.#connection.context.turn.now();
  }

  record(now: number, outcome: Outcome): FinishedResponse {
    const handlingSince = this.#handlingSince;
    return {
      request: this,
      status: this.#status,
      contentIn: this.#content === undefined ? 0 : this.#content.message.received,
      contentOut: this.#encoder === undefined ? this.#contentOut : this.#encoder.sent,
      start: this.#start,
      duration: now - this.#start,
      queueTime: this.queueTime,
      handlerTime: handlingSince === undefined ? 0 : (this.#headAt ?? now) - handlingSince,
      workerId: this.workerId,
      outcome: this.outcome ?? outcome,
      cut: this.responseState === "aborted",
      fault: this.#fault,
    };
  }

  /** The limit that the content has passed, unless the application says so itself: an application that
   * catches the error must not respond as if it had all of the content. */
  #replacement({ status }: ResponseHead): MaxSizeExceededError | undefined {
    if (this.#content === undefined || this.responseState !== "open") return undefined;
    const { failure } = this.#content.reader;
    return failure instanceof MaxSizeExceededError && failure.status !== status
      ? failure
      : undefined;
  }

  #respondInstead(failure: MaxSizeExceededError): void | Promise<void> {
    if (this.#fault === undefined) {
      this.report("warn", "request-refused", failure.message, failure);
    }
    this.#replaced = true;
    const { head, content } = plainResponse(failure.status);
    return this.respond(head, content);
  }

  protected override onCompletionWanted(): void {
    if (this.#settled) this.#settleCompletion();
  }

  #writeHead(head: ResponseHead, knownLength: number | undefined) {
    const { context, writer } = this.#connection;
    if (this.responseState !== "open") {
      throw new TypeError("Cannot respond: the exchange has its response already");
    }
    const { framing, persistent } = context.headWriter.write(
      writer.buffer,
      {
        method: this.head.method,
        minorVersion: this.head.minorVersion,
        persistent: this.head.persistent && this.#connection.mayPersist && this.#canDrain(),
      },
      context.options.serverTiming ? this.#withTiming(head) : head,
      knownLength,
      context.wallClock(),
    );
    this.expectPending = false;
    this.#persistent = persistent;
    this.#status = head.status;
    this.#headAt = context.turn.now();
    return framing;
  }

  /** Adds the times to the head of an application's response; other responses stay as they are. */
  #withTiming(head: ResponseHead): ResponseHead {
    const since = this.#handlingSince;
    const fromApplication = this.outcome === undefined || this.outcome === "failed";
    if (since === undefined || !fromApplication) return head;
    const app = (this.#connection.context.turn.now() - since).toFixed(1);
    const value = `queue;dur=${this.queueTime.toFixed(1)}, app;dur=${app}`;
    const { status, statusText = "", fields } = head;
    return { status, statusText, fields: [...fields, ["Server-Timing", value]] };
  }

  /** Whether the rest of the content can be drained, so that the next request can be read. RFC 9112 §9.3:
   * else the connection must close, and the head has to say so. */
  #canDrain(): boolean {
    if (this.#content === undefined) return true;
    const { reader, message: { done, remaining } } = this.#content;
    if (reader.failure !== undefined) return false;
    if (done) return true;
    if (this.expectPending) return false;
    return remaining === Infinity || remaining <= this.#connection.context.options.drainLimit;
  }

  #finish(whole: boolean): void {
    if (whole) {
      this.responseState = "complete";
      return;
    }
    const reason = new TypeError("Cannot complete response: less content came than was declared");
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
    if (this.responseState !== "complete") return this.rejectCompletion(this.abortReason);
    then(
      this.#connection.writer.flush(),
      () => this.resolveCompletion(),
      (error) => this.rejectCompletion(error),
    );
  }
}

/** Sends a text that is too long for the buffer, part by part.
 *
 * @param count how many of its octets are sent */
async function sendText(writer: StreamWriter, text: string, count: number): Promise<void> {
  for (let at = 0, left = count; left > 0;) {
    const { buffer } = writer;
    const before = buffer.length;
    at = appendTextPart(buffer, text, at, writer.largestAppended);
    buffer.length = Math.min(buffer.length, before + left);
    left -= buffer.length - before;
    const flushing = writer.room();
    if (flushing !== undefined) await flushing;
  }
}
