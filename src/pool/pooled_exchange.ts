// One exchange on its way through the pool, as the main thread sees it: it waits, is handed to a worker,
// its content goes there and the answer comes back. Exactly one of the endings below happens to it.

import type { Exchange } from "../exchange/exchange.ts";
import type { Outcome } from "../exchange/finished_response.ts";
import { plainResponse } from "../http1/plain_response.ts";
import { decodeResponse } from "./wire/response_codec.ts";
import { BlockingContentSender } from "./blocking_content_sender.ts";
import type { BlockingServer } from "./wire/blocking_channel.ts";
import { RequestContentSender } from "./request_content_sender.ts";
import { decodeLog } from "../threads/error_codec.ts";
import { type BatchMember, FromWorker, ToWorker } from "./wire/messages.ts";
import type { PoolWorker } from "./pool_worker.ts";
import type { MessageBatcher } from "./wire/message_batcher.ts";
import { ResponseStream, type ResponseStreamCallbacks } from "./response_stream.ts";
import { RemoteError } from "../threads/remote_error.ts";

/** Content that rides with the head; more of it flows while the application runs. */
export const SMALL_CONTENT = 64 * 1024;

/** How an exchange ends that the pool fails with a status, unless a report about it said more: a 500
 * without one means that the worker has ended. */
const FAILURE_OUTCOMES: Readonly<Record<number, Outcome>> = {
  500: "killed",
  503: "refused",
  504: "timed-out",
};

/** Who is told about an exchange's course. */
export interface PooledExchangeCallbacks {
  /** The client has left. */
  disconnected(pooled: PooledExchange, reason: unknown): void;
  /** It has been answered, or given up. */
  over(pooled: PooledExchange): void;
}

/** How exchanges reach the worker that holds them. */
export interface WayToWorker {
  /** Where messages to the worker go. */
  readonly batcher: MessageBatcher;
  /** Answers the worker while it is blocked. */
  readonly blockingServer: BlockingServer;
}

/** One exchange on its way through the pool. */
export class PooledExchange implements ResponseStreamCallbacks {
  readonly exchange: Exchange;
  /** When it began to wait for a worker: once its content had come, where that is waited for here. */
  since = 0;
  /** What the worker gets as content: all of it, null for none, true for pieces. */
  payload: Uint8Array<ArrayBuffer> | null | true = null;
  /** Number on the wire of the worker that holds it. */
  id = 0;
  /** The worker that it was handed to. */
  holder: PoolWorker | undefined;
  /** When it was handed to a worker. */
  handedOver = 0;
  /** When its application was told that its time is over. */
  abortedAt: number | undefined;
  /** Whether the head of the answer has come. */
  headReceived = false;
  /** Whether its client has left, or the server has given it up: nobody waits for the answer. */
  abandoned = false;

  /** Resolves when it has been answered or given up. */
  readonly responded: Promise<void>;

  readonly #callbacks: PooledExchangeCallbacks;
  #settle!: () => void;
  #way: WayToWorker | undefined;
  #contentSender: RequestContentSender | undefined;
  #blockedReader: BlockingContentSender | undefined;
  #piecewise: ResponseStream | undefined;
  /** Why a worker that blocks for it is not to wait. */
  #unblocked: string | undefined;
  #over = false;

  /** @param exchange the exchange
   * @param owner who is told */
  constructor(exchange: Exchange, callbacks: PooledExchangeCallbacks) {
    this.exchange = exchange;
    this.#callbacks = callbacks;
    this.responded = new Promise((resolve) => this.#settle = resolve);
    exchange.onDisconnect((reason) => {
      this.abandoned = true;
      if (!this.#over) callbacks.disconnected(this, reason);
    });
  }

  /** Whether it has been answered or given up. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Notes the worker that it is handed to.
   *
   * @param holder the worker
   * @param way how it is reached
   * @param id the exchange's number on the wire
   * @param now when that is */
  handOver(holder: PoolWorker, way: WayToWorker, id: number, now: number): void {
    this.holder = holder;
    this.#way = way;
    this.id = id;
    this.handedOver = now;
    this.exchange.startHandlerTime();
    // Another worker has all of the time again.
    this.abortedAt = this.#unblocked = undefined;
  }

  /** Takes what the worker says. */
  take(kind: number, text: string, payload: BatchMember): void {
    switch (kind) {
      case FromWorker.response:
        return this.#respond(text, payload as Uint8Array | string | null);
      case FromWorker.begin:
        return this.#begin(text);
      case FromWorker.piece:
        return this.#pieces.add(payload as Uint8Array<ArrayBuffer>);
      case FromWorker.end:
        return this.#pieces.end();
      case FromWorker.cut:
        return this.#cut(text);
      case FromWorker.interim:
        return this.#interim(text);
      case FromWorker.want:
        return this.#sendContent(payload as number);
      case FromWorker.awaitContent:
        return this.#replyContent();
      case FromWorker.awaitRoom:
        return this.#replyRoom(payload as number);
      case FromWorker.log:
        return this.#log(text);
      case FromWorker.track:
        this.#track();
    }
  }

  /** Has a worker that blocks for it go on, now and later.
   *
   * @param reason why nobody waits for the answer any more */
  unblock(reason: string): void {
    this.#unblocked = reason;
    this.#way?.blockingServer.abort(this.id, reason);
  }

  /** Ends it with a short answer, or cuts what was begun. */
  fail(status: number, reason: unknown, retryAfter?: number): void {
    if (this.#over) return;
    this.exchange.outcome ??= FAILURE_OUTCOMES[status];
    if (this.exchange.responding) {
      this.exchange.abort(reason);
    } else {
      const { head, content } = plainResponse(status);
      const fields = [...head.fields];
      if (retryAfter !== undefined) fields.push(["Retry-After", String(retryAfter)]);
      void this.exchange.respond({ status, fields }, content);
    }
    this.finish();
  }

  /** Ends it. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#contentSender?.stop();
    this.#callbacks.over(this);
    this.#settle();
  }

  /** Cuts what was begun. */
  giveUp(reason: unknown): void {
    if (this.#over) return;
    if (this.abortedAt !== undefined) this.exchange.outcome ??= "timed-out";
    this.exchange.abort(reason);
    this.#way?.batcher.put(ToWorker.abort, this.id, String(reason));
    this.finish();
  }

  #respond(text: string, content: Uint8Array | string | null): void {
    this.headReceived = true;
    try {
      const sending = this.exchange.respond(decodeResponse(text), content);
      if (sending === undefined) return this.finish();
      sending.then(() => this.finish(), (error) => this.giveUp(error));
    } catch (error) {
      this.#rejectResponse(error);
    }
  }

  #begin(text: string): void {
    this.headReceived = true;
    try {
      this.exchange.begin(decodeResponse(text));
    } catch (error) {
      this.#rejectResponse(error);
    }
  }

  get #pieces(): ResponseStream {
    return this.#piecewise ??= new ResponseStream(this.exchange, this.#way!, this.id, this);
  }

  #sendContent(wanted: number): void {
    const { content } = this.exchange;
    if (this.#over || content === undefined) return;
    this.#contentSender ??= new RequestContentSender(content, this.#way!.batcher, this.id);
    this.#contentSender.want(wanted);
  }

  #replyContent(): void {
    const { blockingServer } = this.#way!;
    blockingServer.asked(this.id);
    const { content } = this.exchange;
    if (this.#unblocked !== undefined) return blockingServer.abort(this.id, this.#unblocked);
    if (content === undefined) return blockingServer.end(this.id);
    this.#blockedReader ??= new BlockingContentSender(content, blockingServer, this.id);
    void this.#blockedReader.reply();
  }

  /** A worker has sent so much and is blocked until the client has taken some of it. */
  #replyRoom(sent: number): void {
    const { blockingServer } = this.#way!;
    blockingServer.asked(this.id);
    if (this.#unblocked !== undefined) return blockingServer.abort(this.id, this.#unblocked);
    this.#pieces.replyRoom(sent);
  }

  #cut(reason: string): void {
    // A handler that fails because it was told that its time is over has not answered in time.
    if (this.abortedAt !== undefined && !this.exchange.responding) return this.fail(504, reason);
    this.giveUp(new RemoteError(reason));
  }

  /** The application's head cannot be sent: its own fault, and nothing has gone yet. */
  #rejectResponse(error: unknown): void {
    this.exchange.report("error", "handler-failed", "Answer of the handler cannot be sent", error);
    this.#way!.batcher.put(ToWorker.abort, this.id, String(error));
    this.fail(500, error);
  }

  #interim(text: string): void {
    const { status, fields } = decodeResponse(text);
    this.exchange.informational(status, fields).catch((error) => {
      this.exchange.report("error", "interim-failed", "Interim response cannot be sent", error);
    });
  }

  #log(text: string): void {
    const { level, event, message, error } = decodeLog(text);
    this.exchange.report(level, event, message, error);
  }

  #track(): void {
    const tell = (failure: string) => {
      this.#way!.batcher.put(ToWorker.settled, this.id, failure);
    };
    this.exchange.completed.then(() => tell(""), (error) => tell(String(error) || "failed"));
  }
}
