// The story of a connection: read a head, let the application answer, write the answer, then go on or
// close. One loop, strictly in order: the next head is not looked at before the last answer has been
// given, so no error overtakes an answer and no octet of a refused message becomes a request.
//
// It is given a stream of octets and somebody who answers exchanges. It must not know what kind of
// socket that is, nor where the application runs.

import type { ConnectionContext, Endpoints } from "./connection_context.ts";
import { ConnectionDeadlines, type Expiry, type Phase } from "./connection_deadlines.ts";
import { ConnectionExchange, type ExchangeConnection } from "./connection_exchange.ts";
import { MaxSizeExceededError } from "../http1/max_size_exceeded_error.ts";
import { ProtocolError } from "../http1/protocol_error.ts";
import { plainResponse } from "../http1/plain_response.ts";
import { ReceiveBuffer } from "../http1/receive_buffer.ts";
import { type RequestHead, RequestHeadParser } from "../http1/request_head.ts";
import type { ByteStream } from "../io/byte_stream.ts";
import { isDisconnect } from "../io/disconnect_error.ts";
import { StreamReader } from "../io/stream_reader.ts";
import { StreamWriter } from "../io/stream_writer.ts";
import type { Sweepable } from "../io/deadline_sweep.ts";
import type { ResolvedOptions } from "../options/resolve_options.ts";
import type { Forwarding } from "../proxies/forwarding.ts";

/** Most request heads fit, and an idle connection costs no more. */
const FIRST_BUFFER_SIZE = 2048;

const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/** One client's connection. */
export class Connection implements ExchangeConnection, Sweepable {
  readonly context: ConnectionContext;
  readonly endpoints: Endpoints;
  readonly reader: StreamReader;
  readonly writer: StreamWriter;
  readonly forwarding: Forwarding | undefined;

  readonly #stream: ByteStream;
  readonly #parser: RequestHeadParser;
  readonly #deadlines: ConnectionDeadlines;
  #phase: Phase = "head";
  #phaseCount = 0;
  #requestCount = 0;
  #exchange: ConnectionExchange | undefined;
  #closed = false;
  /** Ends the wait for the end of lingering. */
  #notifyClosed: (() => void) | undefined;
  #stopSeen = false;
  /** Ends the wait for an application. */
  #resolveWait: ((goesOn: boolean | Promise<boolean>) => void) | undefined;
  /** Answers a head that did not come in time. */
  #rejection: Promise<void> | undefined;

  /** @param stream the connected socket; the connection closes it
   * @param endpoints both addresses, and the scheme that is spoken
   * @param context what all connections of the server share */
  constructor(stream: ByteStream, endpoints: Endpoints, context: ConnectionContext) {
    const { options, headLimits } = context;
    this.context = context;
    this.endpoints = endpoints;
    this.forwarding = context.forwarding?.covers(endpoints.remoteAddr)
      ? context.forwarding
      : undefined;
    this.#stream = stream;
    this.#parser = new RequestHeadParser(headLimits);
    this.#deadlines = new ConnectionDeadlines(options);
    this.reader = new StreamReader(
      stream,
      new ReceiveBuffer(options.readBufferSize, largestUnit(options), FIRST_BUFFER_SIZE),
    );
    this.writer = new StreamWriter(stream, options.writeBufferSize);
    this.writer.onFailure = () => this.#exchange?.disconnect(this.writer.failure);
  }

  /** Serves until the connection is closed. Never rejects. */
  async serve(): Promise<void> {
    try {
      if (this.endpoints.rejection !== undefined) throw this.endpoints.rejection;
      while (true) {
        const head = this.#parser.parse(this.reader.buffer);
        if (head === undefined) {
          // A new connection gets its moment from the sweep: its request may be on its way.
          if (this.context.stopping && this.#requestCount > 0 && this.#betweenRequests) break;
          const more = await this.#nextOctets();
          this.#noteOctets();
          if (this.reader.failure !== undefined) throw this.reader.failure;
          if (!more || this.#rejection !== undefined) break;
          continue;
        }
        const goesOn = this.#serveRequest(head);
        if (!(typeof goesOn === "boolean" ? goesOn : await goesOn)) break;
      }
      if (this.#parser.started && this.#rejection === undefined) throw incompleteHead();
      await (this.#rejection ?? this.#closeGracefully());
    } catch (error) {
      if (error instanceof ProtocolError) await this.#reject(error);
      else this.#noteFailure(error);
    } finally {
      this.#noteOctets();
      this.#close();
      this.context.counters.bytesRead += this.reader.received;
      this.context.counters.bytesWritten += this.writer.sent;
    }
  }

  /** Whether nothing is under way: the connection can be closed and nobody loses anything. */
  get idle(): boolean {
    return (this.#phase === "idle" || this.#phase === "head") && this.#betweenRequests;
  }

  get #betweenRequests(): boolean {
    return !this.#parser.started && this.reader.buffer.length === 0;
  }

  /** Closes an idle connection once its last answer has gone; any other one closes when it has given
   * its answer. A new one gets a moment: its first request may be on its way. */
  stop(): void {
    if (!this.idle || this.#requestCount === 0) return;
    const closeIfIdle = () => {
      if (this.idle) this.#close();
    };
    if (this.writer.writing) this.writer.flush().then(closeIfIdle, closeIfIdle);
    else this.#close();
  }

  /** Closes at once, whatever is under way. */
  abort(reason: unknown): void {
    const exchange = this.#exchange;
    this.#close();
    exchange?.abort(reason);
    exchange?.settle();
    // A handler may never come back; whoever closes the connection does not wait for it.
    this.#resolveWait?.(false);
    this.#resolveWait = undefined;
  }

  /** Ends what has waited too long. */
  sweep(now: number): void {
    const expiry = this.#deadlines.check(now, {
      phase: this.#phase,
      phaseCount: this.#phaseCount,
      requestCount: this.#requestCount,
      received: this.reader.received,
      ended: this.reader.ended,
      writing: this.writer.writing,
      sent: this.writer.sent,
    });
    if (expiry !== undefined) return this.#expire(expiry);
    if (this.context.stopping && this.#requestCount === 0 && this.idle) return this.#closeNew();
    // The application may have read its content and be at work still.
    if (this.#phase === "handling") this.reader.watch(this.#noticeClient);
  }

  get mayPersist(): boolean {
    const { context } = this;
    return !context.stopping && context.canAddKeepAlive &&
      this.#requestCount < context.options.maxRequestsPerConnection;
  }

  awaitingContent(waiting: boolean): void {
    if (this.#phase !== "draining") this.#enter(waiting ? "content" : "handling");
    if (!waiting && this.reader.failure !== undefined) this.abort(clientLeft());
  }

  sendContinue(): void {
    if (!this.#exchange?.takeContinue()) return;
    this.writer.buffer.append(CONTINUE);
    this.writer.kick();
  }

  /** Waits for more of a head; what was answered so far goes out meanwhile.
   *
   * @returns whether there is more */
  #nextOctets(): Promise<boolean> {
    this.writer.kick();
    if (this.#requestCount > 0 && !this.#parser.started) {
      this.#enter("idle");
      this.context.idle++;
    } else if (this.#phase !== "head" || this.#phaseCount === 0) {
      this.#enter("head"); // entered once a head: its deadline is not put off by progress
    }
    return this.reader.fill();
  }

  #noteOctets(): void {
    if (this.#phase !== "idle") return;
    this.#enter("head");
    this.context.idle--;
  }

  /** @returns whether the connection goes on. Nothing here waits unless it has to: an answer that is
   * given at once goes out together with those of the requests behind it */
  #serveRequest(head: RequestHead): boolean | Promise<boolean> {
    const { context, reader, writer } = this;
    this.#requestCount++;
    context.counters.requests++;
    rejectWhatCannotBeServed(head, context.options.maxContentSize);

    this.#enter("handling");
    const exchange = this.#exchange = new ConnectionExchange(this, head);
    const answering = context.executor.execute(exchange);
    if (answering === undefined) return this.#conclude(exchange);
    writer.kick(); // earlier answers do not wait for this one
    reader.watch(this.#noticeClient);
    answering.then(this.#responded);
    return new Promise((resolve) => this.#resolveWait = resolve);
  }

  readonly #responded = (): void => {
    const goOn = this.#resolveWait;
    this.#resolveWait = undefined;
    goOn?.(this.#conclude(this.#exchange!));
  };

  /** Comes to the end of an exchange that has been answered.
   *
   * @returns whether the connection goes on */
  #conclude(exchange: ConnectionExchange): boolean | Promise<boolean> {
    if (!exchange.persistent || exchange.unread || !this.writer.hasRoom) {
      return this.#finish(exchange);
    }
    exchange.settle();
    this.#exchange = undefined;
    return true;
  }

  async #finish(exchange: ConnectionExchange): Promise<boolean> {
    const { writer } = this;
    exchange.settle();
    if (exchange.aborted) {
      await writer.flush(); // what was said before the cut may still be of use
      this.#close();
      return false;
    }
    this.#exchange = undefined;
    if (!exchange.persistent) return false;
    if (exchange.unread && !await this.#drain(exchange)) return false;
    const room = writer.room();
    if (room !== undefined) await room;
    return true;
  }

  /** @returns false when the next request cannot be found: there is too much, or it is broken */
  async #drain(exchange: ConnectionExchange): Promise<boolean> {
    this.writer.kick();
    this.#enter("draining");
    try {
      return await exchange.drain();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return false;
    }
  }

  /** RFC 9112 §9.6: closing while octets are unread would reset the connection, and the reset can
   * destroy the answer before the client has read it. So: end our side, read on for a while, close. */
  async #closeGracefully(): Promise<void> {
    const { reader, writer } = this;
    if (this.#closed) return;
    await writer.flush();
    if (reader.failure === undefined && (!reader.ended || this.endpoints.tls !== undefined)) {
      this.#enter("lingering");
      // Over TLS a client that has ended its side learns by this that the answer is whole.
      await this.#stream.closeWrite();
      let discarded = 0;
      do {
        discarded += reader.buffer.length;
        reader.buffer.consume(reader.buffer.length);
      } while (discarded <= this.context.options.lingerLimit && await reader.fill());
      // Who sends even more, as a proxy with a large upload does, must find the answer when it cannot
      // write on: it is cut off when its time is over, not before.
      if (!reader.ended && reader.failure === undefined) await this.#untilClosed();
    }
    this.#close();
  }

  /** Answers what cannot be served, and closes: the message's end is not known any more. */
  async #reject(error: ProtocolError): Promise<void> {
    const { context, writer } = this;
    context.counters.refused++;
    context.log({
      level: "warn",
      event: "request-refused",
      message: error.message,
      code: error.code,
      status: error.status,
      remoteAddr: this.endpoints.remoteAddr,
    });
    try {
      const { head, content } = plainResponse(error.status, error.advice);
      const request = { method: "GET", minorVersion: 1, persistent: false };
      const octets = new TextEncoder().encode(content);
      context.headWriter.write(writer.buffer, request, head, octets.length, context.wallClock());
      writer.buffer.append(octets);
      await this.#closeGracefully();
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  #expire(expiry: Expiry): void {
    switch (expiry) {
      case "keep-alive":
      case "drain":
      case "linger":
        return this.#close();
      case "head":
        if (this.idle) return this.#close(); // nothing came, so there is nothing to answer
        // The loop waits for the rest of the head; it finds this when something comes, or the end.
        this.#rejection ??= this.#reject(timeout("head-timeout", "receive request head"));
        return;
      case "content":
        return this.reader.interrupt(timeout("content-timeout", "receive content"));
      case "content-rate":
        return this.reader.interrupt(timeout("content-too-slow", "receive content fast enough"));
      case "request":
        return this.reader.interrupt(timeout("request-timeout", "receive request"));
      case "write":
        this.context.log({
          level: "info",
          event: "write-timeout",
          message: "Cannot write answer: the client has stopped reading",
          remoteAddr: this.endpoints.remoteAddr,
        });
        return this.abort(new DOMException("The client has stopped reading", "TimeoutError"));
      case "left":
        return this.#exchange?.disconnect(clientLeft());
      default:
        expiry satisfies never;
    }
  }

  /** Something came while the application was answering: more requests, the client's end, or its
   * loss. */
  readonly #noticeClient = (): void => {
    if (this.#exchange === undefined) return;
    if (this.reader.failure !== undefined) this.abort(clientLeft());
    else if (this.#phase === "handling") this.reader.watch(this.#noticeClient);
  };

  /** The server is stopping, and nothing has come from this client yet; at the second tick it has had
   * its moment. */
  #closeNew(): void {
    if (this.#stopSeen) this.#close();
    this.#stopSeen = true;
  }

  #noteFailure(error: unknown): void {
    this.#exchange?.disconnect(error);
    this.#exchange?.settle();
    if (this.#closed || isDisconnect(error)) return;
    this.context.counters.socketErrors++;
    this.context.log({
      level: "error",
      event: "connection-failed",
      message: "Connection failed",
      error,
      remoteAddr: this.endpoints.remoteAddr,
    });
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseCount++;
  }

  #untilClosed(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#notifyClosed = resolve);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#notifyClosed?.();
    try {
      this.#stream.close();
    } catch {
      // the socket is gone already
    }
  }
}

/** What is parsed as a whole has to fit into the buffer: a head or a trailer section that keeps to its
 * limits always does, so no parser ever meets a full buffer. */
function largestUnit(options: ResolvedOptions): number {
  const head = options.maxRequestLineSize + options.maxHeadSize;
  return Math.max(head, options.maxTrailerSize) + 1024;
}

function rejectWhatCannotBeServed(head: RequestHead, maxContentSize: number): void {
  if (head.unknownExpectation) {
    const clause = "RFC 9110 §10.1.1";
    throw new ProtocolError("expectation-failed", 417, clause, "Cannot meet expectation: unknown");
  }
  const { framing } = head;
  if (framing.kind === "length" && framing.length > maxContentSize) {
    throw new MaxSizeExceededError(maxContentSize);
  }
}

function incompleteHead(): ProtocolError {
  const message = "Cannot read request head: the client ended its side within it";
  return new ProtocolError("incomplete-head", 400, "RFC 9112 §8", message);
}

function timeout(
  code: "head-timeout" | "content-timeout" | "content-too-slow" | "request-timeout",
  what: string,
): ProtocolError {
  return new ProtocolError(code, 408, "RFC 9110 §15.5.9", `Cannot ${what}: it took too long`);
}

function clientLeft(): DOMException {
  return new DOMException("The client has closed the connection", "AbortError");
}
