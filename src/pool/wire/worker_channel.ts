// The seam between the pool and its workers. The pool holds a WorkerChannel to each worker, the inside of
// a worker holds a PoolChannel, and neither knows how messages reach the other side. posted_channel.ts
// implements both for threads.

import type { Exchange } from "../../exchange/exchange.ts";
import type { Payload } from "./messages.ts";

/** Sends messages to the other side. What is sent in one turn of the event loop may leave together. */
export interface MessageSender {
  /** Whether messages wait to leave. */
  readonly pending: boolean;

  /** Sends a message; messages.ts has the kinds. Octets may be copied: use `give` for large ones. */
  send(kind: number, id: number, text: string, payload?: Payload): void;

  /** Sends octets that the caller gives away: it must not use the array afterwards. */
  give(kind: number, id: number, octets: Uint8Array<ArrayBuffer>): void;

  /** Lets everything that waits leave now. */
  flush(): void;
}

/** The pool's end of a channel. */
export interface WorkerChannel extends MessageSender {
  /** Replies for a worker that is blocked until they come. */
  readonly replies: BlockingReplies;
  /** Whether another exchange can be offered. */
  readonly hasRoom: boolean;
  /** Exchanges that were offered and have not left. */
  readonly unsentOffers: number;
  /** Whether the worker has handled everything that has left: its event loop turns. */
  readonly allAcknowledged: boolean;
  /** Whether the last acknowledgement came quickly, so that the next one probably will too. */
  readonly acknowledgesQuickly: boolean;

  /** Milliseconds since the oldest batch left that is not acknowledged; 0 when all are. */
  unacknowledgedFor(now: number): number;

  /** Whether so many more batches may leave before the worker has acknowledged those under way. */
  fits(batches: number): boolean;

  /** Offers an exchange to the worker; there must be room.
   *
   * @param exchange the request; its content stays with the caller
   * @param payload all of the content, null for no content, true when it comes in pieces
   * @returns the exchange's number on this channel, which is never used twice. Exchanges that are held at
   * the same time have different slots (`slotOf`) */
  offer(exchange: Exchange, payload: Payload): number;

  /** Takes an exchange back, so that another worker can have it.
   *
   * @returns false when the worker has started it */
  takeBack(id: number): boolean;

  /** Takes responses that a worker has finished and could not send, where that may be. */
  collect(): void;

  /** Frees the slot of an exchange that is over, whether the worker has started it or not. */
  release(id: number): void;

  /** Whether the worker can use the storage of a piece again. */
  reuses(piece: Uint8Array): boolean;

  /** Gives the storage of a piece back to the worker that sent it. */
  giveBack(piece: Uint8Array<ArrayBuffer>): void;

  /** Ends the channel: a worker that is blocked gets its reply, and nothing is sent or received any
   * more. `takeBack` still finds out what the worker had not started. */
  close(): void;
}

/** What the pool's end of a channel calls. */
export interface WorkerChannelCallbacks {
  /** Milliseconds of the pool's clock. */
  now(): number;
  /** A message from the worker. */
  onMessage(kind: number, id: number, text: string, payload: Payload): void;
  /** The worker has handled a batch.
   *
   * @param cpuTime CPU time of the worker in microseconds; undefined when it was not sent */
  onAcknowledged(cpuTime: number | undefined): void;
  /** What came from the worker is not understood, or could not be handled: the worker cannot be relied
   * on. */
  onFault(error: unknown): void;
}

/** The worker's end of a channel. */
export interface PoolChannel extends MessageSender {
  /** Takes messages from here on. */
  onMessage(callback: MessageHandler): void;

  /** Claims an exchange that was offered.
   *
   * @returns false when the pool has taken it back */
  claim(id: number): boolean;

  /** Whether the pool has given an exchange up, for code that blocks and so gets no message. */
  isGivenUp(id: number): boolean;

  /** Sends octets that remain the caller's. */
  sendCopy(kind: number, id: number, octets: Uint8Array): void;

  /** Sends a question at once and blocks the thread until the pool has replied.
   *
   * @param kind `awaitContent` or `awaitCredit`
   * @param id the exchange that it concerns
   * @returns the reply */
  ask(kind: number, id: number, payload: Payload): Reply;
}

/** Takes the messages of a channel. */
export type MessageHandler = (kind: number, id: number, text: string, payload: Payload) => void;

/** A reply for a worker that is blocked. */
export type Reply =
  /** The next octets of request content. */
  | { readonly kind: "piece"; readonly octets: Uint8Array<ArrayBuffer> }
  /** The request content is complete. */
  | { readonly kind: "end" }
  /** The request content cannot be read. text: {@linkcode encodeFailure}. */
  | { readonly kind: "failed"; readonly text: string }
  /** The client, or the server, has given the exchange up. text: why. */
  | { readonly kind: "aborted"; readonly text: string }
  /** More response content may follow: so much in all. */
  | { readonly kind: "credit"; readonly limit: number };

/** Replies to the questions that came as `awaitContent` and `awaitCredit`. Each names the exchange; a
 * reply for an exchange whose worker does not wait is dropped. */
export interface BlockingReplies {
  /** Whether the worker is blocked until a reply comes. */
  readonly awaited: boolean;
  /** Whether it waits for a reply for this exchange. */
  awaits(id: number): boolean;
  /** Gives request content.
   *
   * @returns how many of the octets were taken; the others wait for the next question */
  piece(id: number, octets: Uint8Array): number;
  /** Says that the request content is complete. */
  end(id: number): void;
  /** Says that the request content cannot be read.
   *
   * @param text {@linkcode encodeFailure} */
  fail(id: number, text: string): void;
  /** Lets so much response content be sent in all. */
  grant(id: number, limit: number): void;
  /** Says that the exchange was given up.
   *
   * @param text why */
  abort(id: number, text: string): void;
}
