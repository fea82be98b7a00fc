// Serves one client's connection: reads a head, has the executor run the exchange, sends the response,
// then reads the next head or closes. It must not know what kind of socket it is or where applications
// run. The next head is parsed only after the response before it is complete, so no error response overtakes
// another response, and no octet behind a rejected request becomes a request.

import { DOMException, Promise, TextEncoder, then } from "../io/platform.ts";
import type { ConnectionContext, Endpoints } from "./connection_context.ts";
import { clientTook } from "./client_receipt.ts";
import { ConnectionDeadlines, type Expiry, type Phase } from "./connection_deadlines.ts";
import { ConnectionExchange, type ExchangeConnection } from "./connection_exchange.ts";
import { Drainage } from "./drainage.ts";
import { EndedClient } from "./ended_client.ts";
import { faultyRequestLine } from "./faulty_request_line.ts";
import { HeadlessRequest, Rejection } from "./rejected_request.ts";
import { UnreadContent } from "./unread_content.ts";
import { UnsentResponses } from "./unsent_responses.ts";
import { factsOf } from "../exchange/request_facts.ts";
import { endingOfConnectionError } from "../exchange/error_policy.ts";
import type { Outcome, RequestLineParts } from "../exchange/finished_response.ts";
import { MaxSizeExceededError } from "../http1/max_size_exceeded_error.ts";
import { ProtocolError, quoted } from "../http1/protocol_error.ts";
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

/** How long a connection is idle until it drops what it keeps to parse the next head faster. The first head
 * after that takes some microseconds more. */
const FORGET_AFTER = 2_000;

/** How often the system's queue is looked at within `writeTimeout`. */
const SAMPLES_OF_A_WRITE = 4;

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
  /** Made at the first tick: most short connections never see one. */
  #deadlines: ConnectionDeadlines | undefined;
  #phase: Phase = "head";
  #phaseCount = 0;
  #requestCount = 0;
  /** When the first octet of the request was seen. */
  #requestStart = 0;
  /** The exchange under way. */
  #exchange: ConnectionExchange | undefined;
  /** Watches the exchange under way, if the client has ended its side. */
  #endedClient: EndedClient | undefined;
  /** What leaves the system's queue while a write waits; made when one has waited for long. */
  #drainage: Drainage | undefined;
  /** Content that applications leave; made when one does so. */
  #unread: UnreadContent | undefined;
  readonly #unsent: UnsentResponses;
  /** Whether it does not speak HTTP any more. */
  #upgraded = false;
  /** Settles when the server's side has ended, once that has begun. */
  #writesEnded: Promise<void> | undefined;
  #closed = false;
  /** Ends the wait for the end of lingering. */
  #notifyClosed: (() => void) | undefined;
  #stopSeen = false;
  /** The wait for the executor; its result tells whether another request may follow. */
  #wait: PromiseWithResolvers<boolean> | undefined;
  /** Settles when a rejected request has its response and the connection is closed. */
  #rejection: Promise<void> | undefined;

  /** @param stream the connected socket; the connection closes it
   * @param endpoints both addresses, and the scheme
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
    this.reader = new StreamReader(
      stream,
      new ReceiveBuffer(options.readBufferSize, largestUnit(options), true),
    );
    this.writer = new StreamWriter(stream, options.writeBufferSize);
    this.#unsent = new UnsentResponses(context, this.writer);
    this.writer.onFailure = this.#noticeFailure;
  }

  /** Serves until the connection is closed. Never rejects. */
  async serve(): Promise<void> {
    const { context, endpoints, reader } = this;
    try {
      this.#requestStart = context.turn.now();
      if (endpoints.rejection !== undefined) throw endpoints.rejection;
      while (true) {
        if (!this.#parser.started && reader.buffer.length > 0) {
          this.#requestStart = context.turn.now();
        }
        const head = this.#parser.parse(reader.buffer);
        if (head === undefined) {
          const more = await this.#nextOctets();
          this.#leaveIdle();
          if (reader.failure !== undefined) throw reader.failure;
          if (!more || this.#rejection !== undefined) break;
          continue;
        }
        const persists = this.#serveRequest(head);
        if (!(typeof persists === "boolean" ? persists : await persists)) break;
      }
      if (this.#parser.incomplete && this.#rejection === undefined) throw incompleteHead();
      await (this.#rejection ?? this.#closeGracefully());
    } catch (error) {
      await this.#endWithError(error);
    } finally {
      this.#leaveIdle();
      this.#close("client-left");
      reader.release();
      context.counters.bytesRead += reader.received;
      context.counters.bytesWritten += this.writer.sent;
    }
  }

  /** Whether the connection can be closed without a loss: no request has begun, and no response is
   * under way. */
  get idle(): boolean {
    return (this.#phase === "idle" || this.#phase === "head") && this.#betweenRequests;
  }

  /** Since when it has been idle with nothing to send, on the clock of the sweep; undefined while it is
   * not, and until the sweep has seen it. */
  get idleSince(): number | undefined {
    if (this.#closed || !this.idle || this.writer.writing) return undefined;
    return this.#deadlines?.sinceOf(this.#phaseCount);
  }

  /** The exchange under way. */
  get exchange(): ConnectionExchange | undefined {
    return this.#exchange?.settled === false ? this.#exchange : undefined;
  }

  /** Closes it if it is idle, although the server does not stop. */
  closeIdle(): void {
    if (this.idle) this.#close("client-left");
  }

  get #betweenRequests(): boolean {
    return !this.#parser.started && this.reader.buffer.length === 0;
  }

  /** Closes an idle connection once its last response is sent. Any other connection closes after the
   * response under way. A new one stays for a moment: its first request may be on its way. */
  stop(): void {
    if (!this.idle || this.#requestCount === 0) return;
    const closeIfIdle = () => {
      if (this.idle) this.#close("client-left");
    };
    if (this.writer.writing) then(this.writer.flush(), closeIfIdle, closeIfIdle);
    else this.#close("client-left");
  }

  /** Tells the application of an event stream or an upgraded connection that the server stops; see
   * docs/options.md shutdownTimeout. */
  endEventStream(): void {
    this.#exchange?.endEventStream(serverStops(), this.context.departure);
  }

  /** Closes at once and cuts what is under way.
   *
   * @param reason the reason that the application gets
   * @param outcome how the responses under way end */
  abort(reason: unknown, outcome: Outcome): void {
    const exchange = this.#exchange;
    this.#close(outcome);
    if (exchange !== undefined) {
      exchange.outcome ??= outcome;
      exchange.abort(reason);
      this.#settle(exchange);
    }
    // The handler may never return, so the loop does not wait for it.
    this.#wait?.resolve(false);
    this.#wait = undefined;
  }

  /** Ends a wait that has passed its deadline. */
  sweep(now: number): void {
    const deadlines = this.#deadlines ??= new ConnectionDeadlines(this.context.options);
    const expiry = deadlines.check(now, {
      phase: this.#phase,
      phaseCount: this.#phaseCount,
      requestCount: this.#requestCount,
      received: this.reader.received,
      writing: this.writer.writing,
      sent: this.writer.sent,
      drained: this.#drainage?.drained ?? 0,
    });
    if (expiry !== undefined) return this.#expire(expiry);
    if (this.#phase === "idle" && now - deadlines.sinceOf(this.#phaseCount)! >= FORGET_AFTER) {
      this.#parser.forgetFields();
    }
    if (this.context.stopping) {
      if (this.#requestCount === 0 && this.idle) return this.#closeNew();
      this.endEventStream(); // one that has begun since
      // Its client was given the end, and nothing more is wanted of it.
      if (
        this.#upgraded && this.#phase === "lingering" && deadlines.sinceOf(this.#phaseCount) !== now
      ) {
        return this.#close("client-left");
      }
    }
    if (this.writer.writing) this.#watchDrainage(now, deadlines.stalledFor(now));
    // The application may have read all content and still be at work.
    if (this.#phase === "handling") this.#watchClient();
  }

  /** Has a write that waits watched: the system takes octets only when a third of its queue is free, and
   * that may be a megabyte, so a client can read steadily although the write makes no progress. */
  #watchDrainage(now: number, stalled: number): void {
    const { context, endpoints: { localAddr, remoteAddr }, writer } = this;
    const interval = context.options.writeTimeout / SAMPLES_OF_A_WRITE;
    if (stalled < interval) return;
    this.#drainage ??= new Drainage(() => context.sendQueueOf(localAddr, remoteAddr));
    this.#drainage.sample(now, interval, writer.sent);
  }

  get mayPersist(): boolean {
    const { context } = this;
    return !context.stopping && context.canAddKeepAlive &&
      this.#requestCount < context.options.maxRequestsPerConnection;
  }

  awaitingContent(waiting: boolean): void {
    if (this.#phase !== "draining") this.#enter(waiting ? "content" : "handling");
    if (!waiting && this.reader.failure !== undefined) this.abort(clientLeft(), "client-left");
  }

  sendContinue(): void {
    if (!this.#exchange?.takeContinue()) return;
    this.writer.buffer.append(CONTINUE);
    this.writer.kick();
  }

  responseWaits(exchange: ConnectionExchange): void {
    if (!exchange.unread || exchange.content!.inUse) return;
    this.#unreadContent.discardMeanwhile(exchange);
  }

  enterUpgraded(): void {
    this.context.upgraded++;
    this.#upgraded = true;
    this.#parser.forgetFields();
    this.#endedClient?.stop();
    this.#endedClient = undefined;
    this.#enter("upgraded");
  }

  lost(): void {
    this.abort(clientLeft(), "client-left");
  }

  endWrites(): void {
    this.#writesEnded ??= this.#endWrites();
  }

  /** Never rejects: who writes or reads finds the loss of the connection. */
  async #endWrites(): Promise<void> {
    try {
      await this.writer.flush();
      await this.#stream.closeWrite();
    } catch {
      // see above
    }
  }

  /** Waits for more octets of a head; collected responses go out meanwhile.
   *
   * @returns false at the client's end */
  #nextOctets(): Promise<boolean> {
    this.writer.kick();
    if (this.#requestCount > 0 && !this.#parser.started) {
      this.#enter("idle");
      this.context.idle++;
    } else if (this.#phase !== "head" || this.#phaseCount === 0) {
      this.#enter("head"); // once for each head: progress does not extend its deadline
    }
    return this.reader.fill();
  }

  #leaveIdle(): void {
    if (this.#phase !== "idle") return;
    this.#enter("head");
    this.context.idle--;
  }

  /** Has a request executed. Nothing here waits unless it must: a response that is given at once leaves
   * in one write with those of the pipelined requests behind it.
   *
   * @returns whether another request may follow on the connection */
  #serveRequest(head: RequestHead): boolean | Promise<boolean> {
    const { context, writer } = this;
    this.#requestCount++;
    context.counters.requests++;
    const exchange = new ConnectionExchange(this, head, this.#requestStart);
    const fault = faultOf(head, context.options.maxContentSize);
    if (fault !== undefined) {
      this.#rejection = this.#reject(fault, exchange);
      return false;
    }
    this.#enter("handling");
    this.#exchange = exchange;
    const executing = context.runner.execute(exchange);
    if (executing === undefined) return this.#conclude(exchange);
    // Earlier responses do not wait for this one. The head of one that was begun takes them along.
    if (!exchange.responding) writer.kick();
    this.#watchClient();
    then(executing, this.#executed);
    const wait = Promise.withResolvers<boolean>();
    this.#wait = wait;
    return wait.promise;
  }

  readonly #executed = (): void => {
    const wait = this.#wait;
    if (wait === undefined) return;
    this.#wait = undefined;
    const persists = this.#conclude(this.#exchange!);
    // To resolve with a promise would call its `then`, which an application may have replaced.
    if (typeof persists === "boolean") wait.resolve(persists);
    else then(persists, wait.resolve, wait.reject);
  };

  /** Ends an exchange whose response was given or aborted.
   *
   * @returns whether another request may follow on the connection */
  #conclude(exchange: ConnectionExchange): boolean | Promise<boolean> {
    const { writer } = this;
    this.#settle(exchange);
    if (!writer.hasRoom) writer.kick();
    if (!exchange.persistent || exchange.unread || !writer.hasRoom) {
      return this.#concludeLater(exchange);
    }
    this.#exchange = undefined;
    return true;
  }

  async #concludeLater(exchange: ConnectionExchange): Promise<boolean> {
    const { writer } = this;
    if (exchange.aborted) {
      await writer.flush(); // what was given before the cut may still be of use
      this.#close("client-left");
      return false;
    }
    if (exchange.upgraded) {
      await exchange.contentHold?.(); // the client's side may still be open
      this.#exchange = undefined;
      return false;
    }
    this.#exchange = undefined;
    if (exchange.unread || this.#unread !== undefined) {
      if (!await this.#unreadContent.conclude(exchange)) return false;
    } else if (!exchange.persistent) return false;
    const room = writer.room();
    if (room !== undefined) await room;
    return true;
  }

  /** Has the exchange's event follow: at once when it was cut, else when all octets are sent. */
  #settle(exchange: ConnectionExchange): void {
    this.#endedClient?.stop();
    this.#endedClient = undefined;
    if (exchange.settled) return;
    exchange.settle();
    if (this.reader.ended) this.#unsent.hold();
    if (exchange.complete) this.#unsent.add(exchange);
    else this.#unsent.finish(exchange, "client-left");
  }

  get #unreadContent(): UnreadContent {
    return this.#unread ??= new UnreadContent(this.writer, (phase) => this.#enter(phase));
  }

  /** RFC 9112 §9.6: closing while octets are unread resets the connection, and the reset can destroy the
   * response before the client has read it. So this ends the server's side, reads for a while, and
   * closes. */
  async #closeGracefully(): Promise<void> {
    const { reader, writer } = this;
    if (this.#closed) return;
    writer.kick();
    if (writer.writing) this.#unread?.discardLastMeanwhile();
    await writer.flush();
    if (this.#unsent.held) await this.#awaitReceipt();
    if (reader.failure === undefined && (!reader.ended || this.endpoints.tls !== undefined)) {
      this.#enter("lingering");
      // Over TLS a client that has ended its side learns by this that the response is whole.
      await (this.#writesEnded ?? this.#stream.closeWrite());
      await this.#unread?.discardLast();
      let discarded = 0;
      do {
        discarded += reader.buffer.length;
        reader.buffer.consume(reader.buffer.length);
      } while (discarded <= this.context.options.lingerLimit && await reader.fill());
      // A client that sends even more, as a proxy with a large upload does, must find the response when
      // its writing stalls. It is cut off at the deadline, not before.
      if (!reader.ended && reader.failure === undefined) {
        this.#enter("lingering");
        await this.#untilClosed();
      }
    }
    this.#close("client-left");
  }

  /** Ends the responses to a client that has ended its side: it may have left before they were sent. */
  async #awaitReceipt(): Promise<void> {
    const { clock } = this.context;
    const { localAddr, remoteAddr } = this.endpoints;
    const lookUp = () => this.context.sendQueueOf(localAddr, remoteAddr);
    const taken = await clientTook(this.#stream, lookUp, clock);
    this.#unsent.release(taken ? "complete" : "client-left");
  }

  /** Ends the connection for an error. A fault of the request gets a response first. */
  async #endWithError(error: unknown): Promise<void> {
    const ending = endingOfConnectionError(error);
    if (ending === "reject") return await this.#reject(error as ProtocolError);
    if (this.#exchange !== undefined) {
      this.#exchange.disconnect(error);
      this.#settle(this.#exchange);
    }
    if (this.#closed || ending === "leave") return;
    this.context.counters.socketErrors++;
    this.context.log({
      level: "error",
      event: "connection-failed",
      message: "Connection failed",
      error,
      remoteAddr: this.endpoints.remoteAddr,
    });
  }

  /** Responds to a faulty request and closes: where the next request begins is not known any more.
   *
   * @param fault what is wrong
   * @param exchange the request, where its head could be parsed */
  async #reject(fault: ProtocolError, exchange?: ConnectionExchange): Promise<void> {
    const { context, endpoints, writer } = this;
    const request = exchange ?? new HeadlessRequest(endpoints, this.#faultyLine);
    const { code, message, status } = fault;
    const facts = factsOf(request);
    context.log({ level: "warn", event: "request-refused", message, code, status, ...facts });
    try {
      const { head, content } = plainResponse(fault.status, fault.advice);
      // RFC 9110 §9.3.2: the response to HEAD has no content, and a client would take content for the next
      // response.
      const isHead = facts.method === "HEAD";
      const asked = { method: isHead ? "HEAD" : "GET", minorVersion: 1, persistent: false };
      const octets = new TextEncoder().encode(content);
      const now = context.wallClock();
      const { framing } = context.headWriter.write(
        writer.buffer,
        asked,
        head,
        octets.length,
        now,
      );
      const contentOut = framing.kind === "none" ? 0 : octets.length;
      if (contentOut > 0) writer.buffer.append(octets);
      const start = this.#requestStart;
      this.#unsent.add(new Rejection(request, fault, start, contentOut));
      if (exchange !== undefined) this.#unreadContent.leave(exchange);
      await this.#closeGracefully();
    } catch (error) {
      await this.#endWithError(error);
    }
  }

  /** What can be told of a head that could not be parsed. The parser leaves it in the buffer. */
  get #faultyLine(): RequestLineParts {
    const { bytes, start, end } = this.reader.buffer;
    return this.#parser.started ? faultyRequestLine(bytes, start, end) : {};
  }

  #expire(expiry: Expiry): void {
    switch (expiry) {
      case "keep-alive":
      case "drain":
      case "linger":
        return this.#close("timed-out");
      case "head":
        if (this.idle) return this.#close("timed-out"); // no octet came, so there is no request
        // The loop waits for the rest of the head; it finds this at the next octet, or at the end.
        this.#rejection ??= this.#reject(timeout("head-timeout", "receive request head"));
        return;
      case "content":
        return this.reader.interrupt(timeout("content-timeout", "receive content"));
      case "content-rate":
        return this.reader.interrupt(timeout("content-too-slow", "receive content fast enough"));
      case "request":
        return this.reader.interrupt(timeout("request-timeout", "receive request"));
      case "write":
        return this.#cutSlowReader("the client has stopped reading");
      case "write-rate":
        return this.#cutSlowReader("the client reads too slowly");
      default:
        expiry satisfies never;
    }
  }

  #cutSlowReader(reason: string): void {
    const request = this.#unsent.request ?? this.#exchange;
    this.context.log({
      level: "info",
      event: "write-timeout",
      message: `Cannot write response: ${reason}`,
      ...(request === undefined ? { remoteAddr: this.endpoints.remoteAddr } : factsOf(request)),
    });
    const message = reason.replace("the", "The");
    this.abort(new DOMException(message, "TimeoutError"), "timed-out");
  }

  /** Handles what came while the application was at work: more requests, the client's end, or the loss
   * of the connection. */
  readonly #noticeClient = (): void => {
    if (this.#exchange === undefined) return;
    if (this.reader.failure !== undefined) this.abort(clientLeft(), "client-left");
    else if (this.#phase === "handling") this.#watchClient();
  };

  readonly #noticeFailure = (): void => {
    const { failure } = this.writer;
    this.#exchange?.disconnect(isDisconnect(failure) ? clientLeft() : failure);
    this.#unsent.giveUp("client-left");
  };

  /** Has the client's octets, its end or the loss of the connection noticed while the application works. */
  #watchClient(): void {
    const { context: { clock }, reader, writer } = this;
    if (!reader.ended) return reader.watch(this.#noticeClient);
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.settled) return;
    const left = () => exchange.disconnect(clientLeft());
    this.#endedClient ??= new EndedClient(exchange, writer, clock, left);
  }

  /** Closes a connection without a request so far, at the second tick after the server began to stop. */
  #closeNew(): void {
    if (this.#stopSeen) this.#close("client-left");
    this.#stopSeen = true;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#phaseCount++;
  }

  #untilClosed(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#notifyClosed = resolve);
  }

  /** @param outcome how responses end that have not been sent */
  #close(outcome: Outcome): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#upgraded) this.context.upgraded--;
    this.#unread?.giveUp();
    this.#unsent.giveUp(outcome);
    this.#notifyClosed?.();
    try {
      this.#stream.close();
    } catch {
      // the socket is gone already
    }
  }
}

/** The largest unit that is parsed as a whole. The buffer has room for it, so a head or trailer section
 * within its limits never meets a full buffer. */
function largestUnit(options: ResolvedOptions): number {
  const head = options.maxRequestLineSize + options.maxHeadSize;
  return Math.max(head, options.maxTrailerSize) + 1024;
}

/** Why a request that was parsed cannot be served. */
function faultOf(head: RequestHead, maxContentSize: number): ProtocolError | undefined {
  if (head.unknownExpectation) {
    const clause = "RFC 9110 §10.1.1";
    const got = quoted(head.fields.get("expect") ?? "");
    const message = `Cannot meet expectation: expected 100-continue, got ${got}`;
    return new ProtocolError("expectation-failed", 417, clause, message);
  }
  const { framing } = head;
  if (framing.kind === "length" && framing.length > maxContentSize) {
    return new MaxSizeExceededError(maxContentSize);
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

function serverStops(): DOMException {
  return new DOMException("The server is stopping", "AbortError");
}

function clientLeft(): DOMException {
  return new DOMException("The client has closed the connection", "AbortError");
}
