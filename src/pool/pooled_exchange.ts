// One exchange on its way through the pool, as the main thread sees it: it waits, is handed to a worker,
// its content goes there and the response comes back. It ends exactly once, in one of the ways below.

import { caught, DOMException, Promise, then } from "../io/platform.ts";
import type { ContentReader } from "../content/content_reader.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Departure } from "../exchange/abortable_exchange.ts";
import type { Outcome } from "../exchange/finished_response.ts";
import { plainResponse } from "../http1/plain_response.ts";
import { decodeResponse, decodeTrailers } from "./wire/response_codec.ts";
import { BlockingContentSender } from "./content/blocking_content_sender.ts";
import type { PieceSource } from "./content/gathered_content.ts";
import type { SpooledResponse } from "./content/spooled_response.ts";
import type { SpooledContent } from "./content/spooled_content.ts";
import {
  type ContentWaitCallbacks,
  RequestContentSender,
} from "./content/request_content_sender.ts";
import { decodeLog } from "../threads/error_codec.ts";
import { FromWorker, type Payload, ToWorker } from "./wire/messages.ts";
import type { PoolWorker } from "./pool_worker.ts";
import { UpgradedContentSender } from "./content/upgraded_content_sender.ts";
import type { WorkerChannel } from "./wire/worker_channel.ts";
import { ResponseStream, type ResponseStreamCallbacks } from "./response_stream.ts";
import { RemoteError } from "../threads/remote_error.ts";

/** Largest content that travels with the head; larger content flows while the application runs. */
export const SMALL_CONTENT = 64 * 1024;

/** Outcome of an exchange that the pool fails with a status, unless a report about it said more. A 500
 * without a report means that the worker has ended. */
const FAILURE_OUTCOMES: Readonly<Record<number, Outcome>> = {
  500: "killed",
  503: "refused",
  504: "timed-out",
};

/** Methods whose requests may be sent twice (RFC 9110 §9.2.2) and that change nothing by themselves. */
const RETRIED_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** What an exchange calls. */
export interface PooledExchangeCallbacks {
  /** The time of this turn of the event loop. */
  now(): number;
  /** The client has left. */
  disconnected(pooled: PooledExchange, reason: unknown): void;
  /** It has its response, or was given up. */
  over(pooled: PooledExchange): void;
  /** Makes room for its response while the client is slow; undefined where there is none. */
  spoolResponse(): SpooledResponse | undefined;
}

/** One exchange on its way through the pool. */
export class PooledExchange implements ResponseStreamCallbacks, ContentWaitCallbacks {
  readonly exchange: Exchange;
  /** When it began to wait for a worker: once its content had come, where that is waited for here. */
  since = 0;
  /** What the worker gets as content: all of it, null for no content, true for pieces. */
  payload: Uint8Array<ArrayBuffer> | null | true = null;
  /** Octets that are reserved for its content while it waits for a worker. */
  reserved = 0;
  /** Where the pieces come from. */
  content: PieceSource | undefined;
  /** Its content, where all of it is taken in before a worker gets it. */
  spooled: SpooledContent | undefined;
  /** Its number on the channel to the worker that holds it. */
  id = 0;
  /** The worker that it was handed to. */
  holder: PoolWorker | undefined;
  /** When it was handed to a worker. */
  handedOver = 0;
  /** When its application was told that its time is over. */
  abortedAt: number | undefined;
  /** Whether it takes a place of `exchangesPerWorker`; its worker sets it. */
  takesPlace = false;
  /** Whether the head of the response has come. */
  headReceived = false;
  /** Whether all of the response has come: it reaches the client without the worker. */
  responseReceived = false;
  /** Whether it is tried again, because its worker has ended. */
  retried = false;
  /** Whether an operator has ended it. */
  killed = false;
  /** Whether its client has left, or the server has given it up: the response is not wanted. */
  abandoned = false;

  /** Resolves when it has its response or was given up. */
  readonly responded: Promise<void>;

  readonly #callbacks: PooledExchangeCallbacks;
  /** Whether its worker has sent something for it since `silentFor` was called. */
  #heard = false;
  /** When that was last so. */
  #heardAt = 0;
  #resolveResponded!: () => void;
  #channel: WorkerChannel | undefined;
  #contentSender: RequestContentSender | UpgradedContentSender | undefined;
  #blockingContentSender: BlockingContentSender | undefined;
  #responseStream: ResponseStream | undefined;
  /** Why a worker that blocks for it is not to wait. */
  #unblockReason: string | undefined;
  /** Since when it waits for its client's content; undefined while it does not. */
  #waitingSince: number | undefined;
  /** Milliseconds of such waits that are over. */
  #waited = 0;
  /** What its client gets when its worker ends, if the connection is upgraded. */
  #farewell: Uint8Array | undefined;
  /** Whether the connection does not speak HTTP any more. */
  #upgraded = false;
  #over = false;
  /** Whether the response is not the worker's whole response. */
  #cut = false;

  /** @param exchange the exchange
   * @param callbacks what it calls */
  constructor(exchange: Exchange, callbacks: PooledExchangeCallbacks) {
    this.exchange = exchange;
    this.content = exchange.content;
    this.#callbacks = callbacks;
    this.responded = new Promise((resolve) => this.#resolveResponded = resolve);
    exchange.onDisconnect((reason) => {
      this.abandoned = true;
      if (!this.#over) callbacks.disconnected(this, reason);
    });
  }

  /** Whether another worker may be given it, although one that has ended had started it. */
  get canBeRetried(): boolean {
    return !this.retried && !this.headReceived && !this.abandoned &&
      this.abortedAt === undefined && this.payload !== true &&
      RETRIED_METHODS.has(this.exchange.head.method);
  }

  /** Whether it has its response or was given up. */
  get isOver(): boolean {
    return this.#over;
  }

  now(): number {
    return this.#callbacks.now();
  }

  /** Notes the worker that it is handed to.
   *
   * @param holder the worker
   * @param channel leads to it
   * @param id the exchange's number on that channel
   * @param now when that is */
  handOver(holder: PoolWorker, channel: WorkerChannel, id: number, now: number): void {
    this.holder = holder;
    this.#channel = channel;
    this.id = id;
    this.handedOver = this.#heardAt = now;
    this.exchange.startHandlerTime();
    // Another worker has all of the time again.
    this.abortedAt = this.#unblockReason = undefined;
    this.#waited = 0;
    this.#waitingSince = undefined;
  }

  /** Takes a message of the worker. */
  take(kind: number, text: string, payload: Payload): void {
    this.#heard = true;
    switch (kind) {
      case FromWorker.response:
        return this.#respond(text, payload as Uint8Array | string | null);
      case FromWorker.begin:
        return this.#begin(text);
      case FromWorker.upgrade:
        return this.#upgrade(text, payload as Uint8Array | null);
      case FromWorker.piece:
        return this.#stream.add(payload as Uint8Array<ArrayBuffer>);
      case FromWorker.end:
        this.responseReceived = true;
        return this.#end(text);
      case FromWorker.cut:
        return this.#takeCut(text);
      case FromWorker.interim:
        return this.#interim(text);
      case FromWorker.want:
        return this.#sendContent(payload as number);
      case FromWorker.awaitContent:
        return this.#replyContent();
      case FromWorker.awaitCredit:
        return this.#replyCredit(payload as number);
      case FromWorker.log:
        return this.#log(text);
      case FromWorker.track:
        this.#track();
    }
  }

  /** Lets a worker that blocks for it continue, now and later.
   *
   * @param reason why the response is not wanted any more */
  unblock(reason: string): void {
    this.#unblockReason = reason;
    this.#channel?.replies.abort(this.id, reason);
  }

  /** Ends it with a short response, or cuts a response that was begun. */
  fail(status: number, reason: unknown, retryAfter?: number): void {
    if (this.#over) return this.#contentSender?.stop();
    this.exchange.outcome ??= FAILURE_OUTCOMES[status];
    this.#cut = true;
    if (this.#farewell !== undefined && !this.#responseStream?.writing && !this.abandoned) {
      void this.exchange.write(this.#farewell);
      this.exchange.end();
    } else if (this.exchange.responding) {
      this.exchange.abort(reason);
    } else {
      const { head, content } = plainResponse(status);
      const fields = [...head.fields];
      if (retryAfter !== undefined) fields.push(["Retry-After", String(retryAfter)]);
      void this.exchange.respond({ status, fields }, content);
    }
    this.finish();
  }

  /** Ends it, as an operator has asked for. */
  failKilled(): void {
    this.exchange.outcome ??= "killed";
    this.exchange.report("warn", "request-killed", "Request was ended by an operator");
    this.fail(504, new DOMException("The request was ended by an operator", "AbortError"));
  }

  /** Ends it; its response has gone, or is not wanted. The worker may read content behind the response. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    const sender = this.#contentSender;
    if (sender?.active && !this.abandoned && this.exchange.ended && !this.#cut) {
      this.exchange.holdContent(() => sender.done);
      this.holder!.freePlace(this);
      void then(sender.done, () => this.#callbacks.over(this));
    } else {
      if (sender?.active && this.abandoned && !this.holder!.blocks) {
        this.#channel!.send(ToWorker.abort, this.id, "The exchange is over"); // no content comes any more
      }
      sender?.stop();
      this.#callbacks.over(this);
    }
    this.#resolveResponded();
  }

  /** Ends it by cutting the response, and tells the worker. */
  cut(reason: unknown): void {
    if (this.#over) return;
    if (this.abortedAt !== undefined) this.exchange.outcome ??= "timed-out";
    this.#cut = true;
    this.exchange.abort(reason);
    this.#channel?.send(ToWorker.abort, this.id, String(reason));
    this.finish();
  }

  /** Milliseconds for which its worker has been blocked while its client took nothing of the response. */
  stalledFor(now: number): number {
    return this.#responseStream?.stalledFor(now) ?? 0;
  }

  /** Cuts its response, because others need the worker that its client blocks. */
  cutStalled(): void {
    const reason = "the client has stopped reading, and other requests wait for the worker";
    this.exchange.report("warn", "client-blocks-worker", `Cannot write response: ${reason}`);
    this.exchange.outcome ??= "timed-out";
    this.unblock(reason);
    this.cut(new DOMException(`Cannot write response: ${reason}`, "TimeoutError"));
  }

  /** Whether its time has no bound: its connection does not speak HTTP any more. */
  get upgraded(): boolean {
    return this.#upgraded;
  }

  /** Tells the application that its worker is replaced, if the connection is upgraded. */
  depart(departure: Departure): void {
    if (this.#upgraded && !this.#over) this.#channel!.send(ToWorker.depart, this.id, departure);
  }

  /** Milliseconds since it began to wait for its client's content; 0 when it does not wait. */
  waitingFor(now: number): number {
    return this.#waitingSince === undefined ? 0 : now - this.#waitingSince;
  }

  /** Milliseconds of its handler's own time: since the hand-over, less the waits for its client's content,
   * which has deadlines for itself. */
  handlerTime(now: number): number {
    return now - this.handedOver - this.#waited - this.waitingFor(now);
  }

  /** Milliseconds for which its worker has sent nothing for it, while it does not wait for the client. */
  silentFor(now: number): number {
    if (this.#heard || this.#channel?.replies.awaits(this.id)) this.#heardAt = now;
    this.#heard = false;
    return now - this.#heardAt;
  }

  contentWaits(): void {
    this.#waitingSince = this.#callbacks.now();
  }

  contentCame(): void {
    this.#waited += this.waitingFor(this.#callbacks.now());
    this.#waitingSince = undefined;
    if (!this.takesPlace && !this.headReceived) this.holder?.takePlace(this);
  }

  contentLost(): void {
    // Otherwise the exchange is told that its client has left.
    if (this.#over) {
      this.#channel!.send(ToWorker.abort, this.id, "The client has closed the connection");
    }
  }

  #respond(text: string, content: Uint8Array | string | null): void {
    this.headReceived = this.responseReceived = true;
    if (this.exchange.ended) return this.finish(); // the client left while the handler was at work
    try {
      const sending = this.exchange.respond(decodeResponse(text), content);
      if (sending === undefined) return this.finish();
      this.holder!.freePlace(this);
      then(sending, () => this.finish(), (error) => this.cut(error));
    } catch (error) {
      this.#rejectResponse(error);
    }
  }

  #begin(text: string): void {
    this.headReceived = true;
    if (this.exchange.ended) return this.finish(); // and its worker was told so
    try {
      this.exchange.begin(decodeResponse(text));
      // A thread that blocks is at work until it has given the last piece.
      if (!this.holder!.blocks) this.holder!.freePlace(this);
    } catch (error) {
      this.#rejectResponse(error);
    }
  }

  #upgrade(text: string, farewell: Uint8Array | null): void {
    this.headReceived = true;
    if (this.exchange.ended) return this.finish(); // and its worker was told so
    let content: ContentReader | undefined;
    try {
      content = this.exchange.upgrade(decodeResponse(text).fields);
    } catch (error) {
      return this.#rejectResponse(error);
    }
    if (content === undefined) {
      this.#channel!.send(ToWorker.abort, this.id, "No more connections may be upgraded");
      return this.finish();
    }
    this.#upgraded = true;
    this.content = content;
    this.#contentSender = new UpgradedContentSender(content, this.#channel!, this.id, this);
    this.#farewell = farewell ?? undefined;
    this.holder!.freePlace(this);
    this.exchange.onDeparture((departure) => this.depart(departure));
  }

  /** The worker has given all; the client may still have to take some. */
  #end(trailers: string): void {
    this.#stream.end(decodeTrailers(trailers));
    this.holder!.freePlace(this);
  }

  get #stream(): ResponseStream {
    return this.#responseStream ??= new ResponseStream(
      this.exchange,
      this.#channel!,
      this.id,
      this,
    );
  }

  #sendContent(wanted: number): void {
    if (this.content === undefined || (this.#over && !this.#contentSender?.active)) return;
    if (this.#contentSender === undefined) {
      this.#contentSender = new RequestContentSender(
        this.content,
        this.#channel!,
        this.id,
        this,
        this.exchange,
      );
    }
    this.#contentSender.want(wanted);
  }

  #replyContent(): void {
    const { replies } = this.#channel!;
    const { content } = this;
    if (this.#unblockReason !== undefined) return replies.abort(this.id, this.#unblockReason);
    if (content === undefined) return replies.end(this.id);
    this.#blockingContentSender ??= new BlockingContentSender(content, replies, this.id, this);
    void this.#blockingContentSender.reply();
  }

  /** Makes room for the response while the client is slow. */
  spoolResponse(): SpooledResponse | undefined {
    return this.#callbacks.spoolResponse();
  }

  /** Frees what its content and its response take. */
  freeSpool(): void {
    this.spooled?.close();
    this.#responseStream?.close();
  }

  /** A worker has sent so much and is blocked until the client has taken some of it. */
  #replyCredit(sent: number): void {
    const { replies } = this.#channel!;
    if (this.#unblockReason !== undefined) return replies.abort(this.id, this.#unblockReason);
    this.#stream.replyCredit(sent);
  }

  #takeCut(reason: string): void {
    // A handler that fails because it was told that its time is over has not responded in time.
    if (this.abortedAt !== undefined && !this.exchange.responding) return this.fail(504, reason);
    this.cut(new RemoteError(reason));
  }

  /** The application's head cannot be sent. That is its own fault, and nothing has gone yet. */
  #rejectResponse(error: unknown): void {
    this.exchange.report(
      "error",
      "handler-failed",
      "Response of the handler cannot be sent",
      error,
    );
    this.#channel!.send(ToWorker.abort, this.id, String(error));
    this.fail(500, error);
  }

  #interim(text: string): void {
    const { status, fields } = decodeResponse(text);
    caught(this.exchange.informational(status, fields), (error) => {
      if (this.exchange.ended) return;
      this.exchange.report("error", "interim-failed", "Interim response cannot be sent", error);
    });
  }

  #log(text: string): void {
    const { level, event, message, error } = decodeLog(text);
    this.exchange.report(level, event, message, error);
  }

  #track(): void {
    const sendSettled = (failure: string) => {
      this.#channel!.send(ToWorker.settled, this.id, failure);
    };
    then(
      this.exchange.completed,
      () => sendSettled(""),
      (error) => sendSettled(String(error) || "failed"),
    );
  }
}
