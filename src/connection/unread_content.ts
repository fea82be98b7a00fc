// What is left of a request's content once its response is given: read on by the application, dropped
// beside the response, or read to its end so that the next request can be found. One object a
// connection, made when a request leaves content.

import type { Phase } from "./connection_deadlines.ts";
import type { ConnectionExchange } from "./connection_exchange.ts";
import { endingOfConnectionError } from "../exchange/error_policy.ts";
import type { StreamWriter } from "../io/stream_writer.ts";

/** Content that the applications of one connection leave. */
export class UnreadContent {
  readonly #writer: StreamWriter;
  readonly #enter: (phase: Phase) => void;
  /** An exchange that has its response, and whose application still reads the content. */
  #held: ConnectionExchange | undefined;
  /** The last exchange of a connection that closes, if content of it may still come. */
  #last: ConnectionExchange | undefined;
  /** Settles when content is no longer dropped beside a response that is being written. */
  #discarding: Promise<void> | undefined;

  /** @param writer sends the responses
   * @param enter has the deadlines of a phase apply */
  constructor(writer: StreamWriter, enter: (phase: Phase) => void) {
    this.#writer = writer;
    this.#enter = enter;
  }

  /** Reads and drops content while a response is being written: a client may send all of its content before
   * it reads, and would wait for this server for ever, as this server for it. */
  discardMeanwhile(exchange: ConnectionExchange): void {
    exchange.leaveContent();
    this.#discarding = this.#discardMeanwhile(exchange);
  }

  /** Reads what an exchange with a response has left, so that the next request can be found.
   *
   * @returns false when the connection must close */
  async conclude(exchange: ConnectionExchange): Promise<boolean> {
    if (exchange.unread && exchange.contentHold !== undefined) {
      this.#writer.kick();
      this.#held = exchange;
      await exchange.contentHold(); // bounded by the content's own deadlines
      this.#held = undefined;
    }
    if (this.#discarding !== undefined) await this.#endDiscarding();
    // At once: a read that a handler begins a moment behind its response fails in every mode.
    if (exchange.unread) this.leave(exchange);
    if (!exchange.persistent) return false;
    if (exchange.unread && !await this.#drain(exchange)) return false;
    this.#last = undefined;
    return true;
  }

  /** Takes the last exchange of a connection that closes. */
  leave(exchange: ConnectionExchange): void {
    exchange.leaveContent();
    this.#last = exchange;
  }

  /** Drops content of the last exchange while its response is being written. */
  discardLastMeanwhile(): void {
    if (this.#last !== undefined) this.#discarding = this.#discardMeanwhile(this.#last);
  }

  /** Drops the rest of the last exchange's content, within the limits of an upload that is refused. */
  async discardLast(): Promise<void> {
    await this.#endDiscarding();
    if (this.#last === undefined) return;
    this.#enter("draining");
    try {
      await this.#last.discardRest();
    } catch (error) {
      if (endingOfConnectionError(error) !== "reject") throw error;
      // The content is faulty or cut off, and the response has been given.
    }
    this.#enter("lingering");
  }

  /** Ends the reads of an application that reads behind its response. */
  giveUp(): void {
    this.#held?.leaveContent();
  }

  /** Never rejects: what is wrong with the content is found again when the response has been written. */
  async #discardMeanwhile(exchange: ConnectionExchange): Promise<void> {
    try {
      if (!exchange.persistent || !await exchange.drain()) await exchange.discardRest();
    } catch {
      // see above
    }
  }

  /** Waits for content that is dropped beside a response, which has been written now. */
  async #endDiscarding(): Promise<void> {
    if (this.#discarding === undefined) return;
    this.#enter("draining");
    await this.#discarding;
    this.#discarding = undefined;
  }

  /** @returns false when there is too much content, or it is faulty */
  async #drain(exchange: ConnectionExchange): Promise<boolean> {
    this.#writer.kick();
    this.#enter("draining");
    try {
      return await exchange.drain();
    } catch (error) {
      if (endingOfConnectionError(error) !== "reject") throw error;
      return false; // the response has been given: there is no other for the fault
    }
  }
}
