// The state of one response in the convention of PEP 3333. It keeps status and headers until the first
// octets come, enforces the declared length, and responds for an application that failed. The gateway
// drives it: `startResponse` and `write` as the application calls them, `send` for each piece of what the
// application returned, then `finish`, or `fail` with what it threw.

import { caught, then } from "../../io/platform.ts";
import type { Exchange, ServerInfo } from "../../exchange/exchange.ts";
import { endingOfApplicationError, type ErrorScene } from "../../exchange/error_policy.ts";
import { type EndableExchange, endWithError, type FailureEvents } from "../error_responses.ts";
import { type CheckedHead, checkHead, kindOf } from "./response_rules.ts";

/** `open` until something was sent; `over` when nothing more is taken. */
type ResponseState = "open" | "begun" | "over";

const FAILURE: FailureEvents = {
  fail: ["handler-failed", "WSGI application failed"],
  cut: ["response-failed", "WSGI application failed"],
};

/** Most octets that `write` takes from an application that does not await its promises. */
const MOST_UNAWAITED = 1024 * 1024;

/** Names of dropped fields that each server has reported. */
const reportedNames = new WeakMap<ServerInfo, Set<string>>();

/** One response of a WSGI application. */
export class WsgiResponse {
  /** The request that it responds to. */
  readonly exchange: Exchange;
  /** Whether sending blocks the thread. Otherwise it gives promises. */
  readonly blocking: boolean;

  #head: CheckedHead | undefined;
  #state: ResponseState = "open";
  #sent = 0;
  /** Resolves when the client has taken all pieces that `write` was given. */
  #writing: Promise<void> | undefined;
  #unawaited = 0;

  /** Makes a response that has not been started.
   *
   * @param exchange the request
   * @param blocking whether to block the thread for a slow client; only where the exchange can block */
  constructor(exchange: Exchange, blocking: boolean) {
    this.exchange = exchange;
    this.blocking = blocking;
  }

  /** Whether the head has been sent and can no longer be changed. */
  get headSent(): boolean {
    return this.#state !== "open";
  }

  /** Whether no more content is taken: the client wants no content, or the response has ended. */
  get over(): boolean {
    return this.#state === "over";
  }

  /** Sets status and headers; they are sent with the first octets.
   *
   * @param status such as `"200 OK"`
   * @param headers name and value pairs
   * @param excInfo the error for which the application changes its response: a second call needs it, and
   * it is thrown again when the head has been sent already
   * @throws {TypeError} when PEP 3333 forbids the call
   * @throws `excInfo`, when the head has been sent already */
  startResponse(status: unknown, headers: unknown, excInfo?: unknown): void {
    if (excInfo !== undefined && excInfo !== null) {
      if (this.headSent) throw excInfo;
    } else if (this.#head !== undefined) {
      throw new TypeError("Cannot start response: it was started before, and no excInfo is given");
    }
    this.#head = checkHead(status, headers);
    if (this.#head.dropped.length > 0) reportDropped(this.exchange, this.#head.dropped);
  }

  /** Sends a piece ahead of what the application returns.
   *
   * @param piece octets
   * @returns a promise when the client must catch up first and the thread must not block
   * @throws {TypeError} when it is no Uint8Array, or the response was not started
   * @throws the reason that the exchange was aborted with */
  write(piece: unknown): void | Promise<void> {
    if (this.blocking) return this.send(piece);
    const octets = checkPiece(piece);
    if (this.#writing === undefined) {
      const sending = this.send(octets);
      if (sending !== undefined) return this.#await(sending, octets.length);
      return;
    }
    if (this.#unawaited > MOST_UNAWAITED) {
      throw new TypeError(
        "Cannot write: the client is slow, and to wait for it would block the accepting thread, " +
          "expected the application to await what write() returns",
      );
    }
    const copy = octets.slice();
    return this.#await(then(this.#writing, async () => await this.send(copy)), copy.length);
  }

  /** Waits for the pieces of `write` that the application did not await.
   *
   * @returns nothing when the client has taken all of them */
  written(): Promise<void> | undefined {
    return this.#writing;
  }

  /** Sends a piece of what the application returned.
   *
   * @param piece octets; an empty piece does nothing
   * @returns a promise when the client must catch up first and the thread must not block
   * @throws {TypeError} when it is no Uint8Array, when the response was not started, or when it passes the
   * declared length; it is sent up to that length
   * @throws the reason that the exchange was aborted with */
  send(piece: unknown): void | Promise<void> {
    const octets = checkPiece(piece);
    if (octets.length === 0 || this.#state === "over") return;
    const { declaredLength = Infinity } = this.#expectHead();
    if (this.#state === "open") {
      this.#state = this.exchange.begin(this.#head!) ? "begun" : "over";
      if (this.over) return;
    }
    const room = declaredLength - this.#sent;
    this.#sent += Math.min(octets.length, room);
    const sending = this.#emit(octets.length <= room ? octets : octets.subarray(0, room));
    if (octets.length <= room) return sending;
    if (sending !== undefined) return then(sending, () => this.#rejectMore(declaredLength));
    this.#rejectMore(declaredLength);
  }

  /** Sends the whole response, of which the only piece is known, so that the server can declare its length.
   *
   * @param piece octets
   * @returns a promise when the client must catch up first
   * @throws {TypeError} as {@linkcode send} */
  only(piece: unknown): void | Promise<void> {
    const octets = checkPiece(piece);
    if (this.#state !== "open") {
      const sending = this.send(octets);
      if (sending !== undefined) return then(sending, async () => await this.finish());
      return this.finish();
    }
    const head = this.#expectHead();
    const { declaredLength = Infinity } = head;
    const isHead = this.exchange.head.method === "HEAD"; // it may declare the length that GET would have
    const room = isHead ? octets.length : Math.min(octets.length, declaredLength);
    this.#state = "over";
    // In a worker it is sent later, and the application may use its array again before that.
    const whole = this.exchange.workerId === undefined ? octets : octets.slice();
    const sending = this.exchange.respond(head, whole.subarray(0, room));
    if (octets.length <= room) return sending;
    if (sending !== undefined) return then(sending, () => this.#rejectMore(declaredLength));
    this.#rejectMore(declaredLength);
  }

  /** Ends the response; one without content is sent now.
   *
   * @returns a promise when the client must catch up first
   * @throws {TypeError} when the response was not started */
  finish(): void | Promise<void> {
    if (this.#state === "open") {
      const head = this.#expectHead();
      this.#state = "over";
      return this.exchange.respond(head, null);
    }
    this.#end();
  }

  /** Responds for an application that failed: with the status of the content's failure, if that is why,
   * else with 500. A response that has begun is aborted.
   *
   * @param error the error that was thrown */
  fail(error: unknown): void {
    failResponse(this.exchange, error);
    this.#state = "over";
  }

  #expectHead(): CheckedHead {
    if (this.#head !== undefined) return this.#head;
    throw new TypeError("Cannot respond: the application has not called startResponse");
  }

  #emit(octets: Uint8Array): void | Promise<void> {
    const { exchange } = this;
    return this.blocking ? exchange.blocking!.write(octets) : exchange.write(octets);
  }

  #rejectMore(declared: number): never {
    this.#end();
    throw new TypeError(
      `Cannot send content: the application gave more than the ${declared} octets that it declared`,
    );
  }

  #end(): void {
    this.#state = "over";
    this.exchange.end();
  }

  #await(sending: Promise<void>, octets: number): Promise<void> {
    this.#unawaited += octets;
    const writing = then(sending, () => {
      this.#unawaited -= octets;
      if (this.#writing === writing) this.#writing = undefined;
    });
    caught(writing, () => {}); // written() rejects too, before the response ends
    return this.#writing = writing;
  }
}

/** Responds for an application that failed; see {@linkcode WsgiResponse.fail}.
 *
 * @param exchange the request
 * @param error what was thrown */
export function failResponse(
  exchange: EndableExchange & ErrorScene & Pick<Exchange, "ended">,
  error: unknown,
): void {
  const ending = endingOfApplicationError(exchange);
  if (!exchange.ended) endWithError(exchange, ending, error, FAILURE);
  else if (ending === "cut") exchange.report("error", ...FAILURE.cut, error);
}

/** Warns once for each name: an application that sends such a field sends it with every response.
 *
 * @param exchange the request
 * @param names the names of fields that were left out */
export function reportDropped(
  exchange: Pick<Exchange, "server" | "report">,
  names: readonly string[],
): void {
  const { server } = exchange;
  const reported = reportedNames.get(server) ?? new Set();
  reportedNames.set(server, reported);
  const fresh = names.filter((name) => !reported.has(name.toLowerCase()));
  if (fresh.length === 0) return;
  for (const name of fresh) reported.add(name.toLowerCase());
  const message = `Application's ${
    fresh.join(", ")
  } is dropped: PEP 3333 leaves hop-by-hop fields to the server`;
  exchange.report("warn", "field-dropped", message);
}

function checkPiece(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError(`Cannot send content: expected pieces of Uint8Array, got ${kindOf(piece)}`);
}
