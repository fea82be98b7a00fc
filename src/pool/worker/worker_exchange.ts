// One request and its response inside a worker. The same gateways respond to it as beside the connection;
// the response becomes messages to the main thread, which frames and writes it.

import { DOMException, Promise } from "../../io/platform.ts";
import { AbortableExchange } from "../../exchange/abortable_exchange.ts";
import type { ContentReader } from "../../content/content_reader.ts";
import type { BlockingExchange, Exchange, ServerInfo } from "../../exchange/exchange.ts";
import { FieldSection } from "../../http1/field_section.ts";
import { ProtocolError } from "../../http1/protocol_error.ts";
import type { RequestHead } from "../../http1/request_head.ts";
import type { Field, ResponseHead } from "../../http1/response_head.ts";
import { forbidsContent } from "../../http1/status.ts";
import type { Address } from "../../io/address.ts";
import type { PeerCredentials } from "../../io/peer_credentials.ts";
import type { LogLevel } from "../../log/log_event.ts";
import type { TlsInfo } from "../../tls/tls_info.ts";
import { upgradeObstacle } from "../../exchange/upgrade.ts";
import {
  encodeInterim,
  encodeResponse,
  encodeTrailers,
  encodeUpgrade,
} from "../wire/response_codec.ts";
import { costOf, SendCredit } from "../wire/flow_control.ts";
import { FromWorker, type Payload } from "../wire/messages.ts";
import { encodeLog } from "../../threads/error_codec.ts";
import { DecodedRequest } from "../wire/request_codec.ts";
import type { PoolChannel } from "../wire/worker_channel.ts";
import { type BlockingCallbacks, WorkerBlockingExchange } from "./blocking_exchange.ts";
import { PieceContentReader, WholeContentReader } from "./request_content.ts";

/** What all exchanges of a worker share. */
export interface WorkerDependencies {
  readonly workerId: number;
  readonly server: ServerInfo;
  /** Leads to the pool. */
  readonly channel: PoolChannel;
  /** Keeps an exchange until its `completed` is settled. */
  readonly keepTracked: (exchange: WorkerExchange) => void;
}

/** One request and its response inside a worker. */
export class WorkerExchange extends AbortableExchange implements Exchange, BlockingCallbacks {
  readonly id: number;
  content: ContentReader | undefined;
  mountPath: string;

  readonly #dependencies: WorkerDependencies;
  readonly #channel: PoolChannel;
  readonly #request: DecodedRequest;
  #credit: SendCredit | undefined;
  #blocking: WorkerBlockingExchange | undefined;

  /** @param id the exchange's number on the wire
   * @param text what `encodeRequest` wrote
   * @param payload all of the content, null for no content, true for pieces
   * @param dependencies what all exchanges of this worker share */
  constructor(id: number, text: string, payload: Payload, dependencies: WorkerDependencies) {
    super();
    const { channel } = dependencies;
    this.id = id;
    this.#dependencies = dependencies;
    this.#channel = channel;
    if (payload === true) {
      this.#request = new DecodedRequest(text, { kind: "chunked" });
      this.content = new PieceContentReader(
        (octets) => channel.send(FromWorker.want, id, "", octets),
        () => Number(this.head.fields.get("content-length") ?? Infinity),
      );
    } else if (payload instanceof Uint8Array) {
      this.#request = new DecodedRequest(text, { kind: "length", length: payload.length });
      this.content = new WholeContentReader(payload as Uint8Array<ArrayBuffer>);
    } else {
      this.#request = new DecodedRequest(text, { kind: "none" });
    }
    this.mountPath = this.#request.mountPath;
  }

  get traceparent(): string | undefined {
    return this.#request.traceparent;
  }

  get workerId(): number {
    return this.#dependencies.workerId;
  }

  get server(): ServerInfo {
    return this.#dependencies.server;
  }

  get requestId(): string {
    return this.#request.requestId;
  }

  get head(): RequestHead {
    return this.#request.head;
  }

  get scheme(): "http" | "https" {
    return this.#request.scheme;
  }

  get localAddr(): Address {
    return this.#request.localAddr;
  }

  get remoteAddr(): Address {
    return this.#request.remoteAddr;
  }

  get tls(): TlsInfo | undefined {
    return this.#request.tls;
  }

  get peer(): PeerCredentials | undefined {
    return this.#request.peer;
  }

  get blocking(): BlockingExchange {
    return this.#blocking ??= new WorkerBlockingExchange(this, this.#channel);
  }

  get queueTime(): number {
    return this.#request.queueTime;
  }

  get trailers(): Promise<FieldSection> {
    const { content } = this;
    return content instanceof PieceContentReader
      ? content.trailers
      : Promise.resolve(FieldSection.empty);
  }

  get contentFailure(): ProtocolError | undefined {
    const failure = this.#blocking?.failure ?? this.content?.failure;
    return failure instanceof ProtocolError ? failure : undefined;
  }

  respond(head: ResponseHead, content: Uint8Array | string | null): void {
    this.#expectOpen();
    this.#requestContent();
    this.#channel.send(FromWorker.response, this.id, encodeResponse(head), content);
    this.responseState = "complete";
  }

  begin(head: ResponseHead): boolean {
    this.#expectOpen();
    this.#channel.send(FromWorker.begin, this.id, encodeResponse(head));
    this.responseState = "begun";
    this.#credit = new SendCredit();
    return this.head.method !== "HEAD" && !forbidsContent(head.status);
  }

  write(piece: Uint8Array): void | Promise<void> {
    if (this.responseState === "aborted") return Promise.reject(this.abortReason);
    return this.sendPiece(piece).wait();
  }

  /** Sends a piece.
   *
   * @returns what tells when the next one may follow */
  sendPiece(piece: Uint8Array): SendCredit {
    if (this.responseState !== "begun") {
      throw new TypeError(`Cannot write content: the response is ${this.responseState}`);
    }
    const credit = this.#credit!;
    if (piece.length === 0) return credit;
    this.#channel.sendCopy(FromWorker.piece, this.id, piece);
    credit.spend(costOf(piece.length));
    return credit;
  }

  throwIfAborted(): void {
    if (this.abortReason !== undefined) throw this.abortReason;
  }

  end(trailers?: Iterable<Field>): void {
    if (this.responseState !== "begun") return;
    const text = trailers === undefined ? "" : encodeTrailers(trailers);
    this.responseState = "complete";
    this.#requestContent();
    this.#channel.send(FromWorker.end, this.id, text);
  }

  upgrade(fields: Iterable<Field>, farewell?: Uint8Array): PieceContentReader {
    this.#expectOpen();
    const obstacle = upgradeObstacle(this.head);
    if (obstacle !== undefined) throw new TypeError(`Cannot upgrade: ${obstacle}`);
    this.#channel.send(FromWorker.upgrade, this.id, encodeUpgrade(fields), farewell ?? null);
    this.responseState = "begun";
    this.#credit = new SendCredit();
    return this.content = new PieceContentReader(
      (octets) => this.#channel.send(FromWorker.want, this.id, "", octets),
      () => Infinity,
    );
  }

  abort(reason: unknown): void {
    if (this.responseState === "aborted") return;
    this.responseState = "aborted";
    this.#channel.send(FromWorker.cut, this.id, String(reason));
    this.disconnect(reason);
  }

  protected override onAbort(reason: unknown): void {
    this.#credit?.fail(reason);
    this.failContent(reason); // nothing more of it comes
    this.rejectCompletion(reason);
  }

  // deno-lint-ignore require-await -- errors are to be rejections, as beside the connection
  async informational(status: number, fields: Iterable<Field>): Promise<void> {
    if (this.responseState !== "open") {
      throw new TypeError("Cannot send interim response: the final response has begun");
    }
    this.#channel.send(FromWorker.interim, this.id, encodeInterim(status, fields));
  }

  report(level: LogLevel, event: string, message: string, error?: unknown): void {
    this.#channel.send(FromWorker.log, this.id, encodeLog(level, event, message, error));
  }

  /** Takes a piece of request content, or null at its end.
   *
   * @param piece the piece
   * @param trailers the lines of the trailer section, at the end */
  takeContent(piece: Uint8Array<ArrayBuffer> | null, trailers: string): void {
    const { content } = this;
    if (!(content instanceof PieceContentReader)) return;
    if (piece !== null) content.push(piece);
    else content.end(trailers === "" ? FieldSection.empty : FieldSection.ofLines(trailers));
  }

  /** Ends the request content with an error. */
  failContent(error: unknown): void {
    if (this.content instanceof PieceContentReader) this.content.fail(error);
  }

  /** Ends the content: the exchange is over and the application does not read. */
  leaveContent(): void {
    const { content } = this;
    if (content instanceof PieceContentReader) content.leave();
    else if (content instanceof WholeContentReader && content.unread) content.closeWithExchange();
  }

  /** Lets so much response content go in all. */
  raiseCredit(limit: number): void {
    this.#credit?.raise(limit);
  }

  /** Settles `completed`. */
  settleCompleted(failure: string): void {
    if (failure === "") this.resolveCompletion();
    else this.rejectCompletion(new DOMException(failure, "AbortError"));
  }

  protected override onCompletionWanted(): void {
    if (this.responseState === "aborted") return this.rejectCompletion(this.abortReason);
    // The worker may have removed the exchange already, when its response has gone.
    this.#dependencies.keepTracked(this);
    this.#channel.send(FromWorker.track, this.id, "");
  }

  /** The pool keeps the content behind the response only if it was asked for before. */
  #requestContent(): void {
    const { content } = this;
    if (content instanceof PieceContentReader && content.inUse) content.request();
  }

  #expectOpen(): void {
    if (this.responseState === "open") return;
    throw new TypeError("Cannot respond: the exchange has its response already");
  }
}
