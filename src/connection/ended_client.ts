// Finds out whether a client that has ended its side is still there. TCP shows the same for a half-close,
// whose sender waits for the response, and for a client that has left; only octets sent to the client tell
// them apart. It is given the exchange under way and a clock, and calls back when the client has left.

import type { Clock } from "../io/clock.ts";

/** What it must know of the exchange. */
export interface UnfinishedExchange {
  /** Whether the application has it. */
  readonly handling: boolean;
  /** Whether the head of a response has been given. */
  readonly responding: boolean;
  /** Sends an octet that changes nothing for the client.
   *
   * @returns false when there is none to send */
  probe(): boolean;
}

/** What it must know of the writer. */
export interface Progress {
  readonly taken: number;
  readonly writing: boolean;
}

/** Handlers that respond sooner never notice the end. */
const GRACE = 250;
/** A request that waits for a worker is given up later, because nothing works for it. */
const QUEUE_GRACE = 1_000;
/** The first octet has a client that has left send a reset; writing the second one fails. `node:tls` reports
 * that after it has accepted the octet, so that the third one fails. */
const PROBES = 3;
/** Longest silence of a response that cannot be probed: with a declared length, or until the close. */
const SILENCE = 30_000;

/** Watches one exchange after the client has ended its side. */
export class EndedClient {
  readonly #exchange: UnfinishedExchange;
  readonly #writer: Progress;
  readonly #left: () => void;
  readonly #tick: { stop(): void };
  #taken: number;
  #silence = 0;
  #probes = 0;

  /** @param exchange the exchange under way
   * @param writer takes its response
   * @param clock the source of time
   * @param left called once, when the client must have left */
  constructor(exchange: UnfinishedExchange, writer: Progress, clock: Clock, left: () => void) {
    this.#exchange = exchange;
    this.#writer = writer;
    this.#left = left;
    this.#taken = writer.taken;
    this.#tick = clock.every(GRACE, () => this.#check());
  }

  /** Ends the watch; the exchange is over. */
  stop(): void {
    this.#tick.stop();
  }

  #check(): void {
    const writer = this.#writer;
    if (writer.writing || writer.taken !== this.#taken) {
      this.#taken = writer.taken;
      this.#silence = this.#probes = 0;
      return;
    }
    this.#silence += GRACE;
    if (this.#silence >= this.#longestSilence) {
      this.stop();
      return this.#left();
    }
    if (this.#probes < PROBES && this.#exchange.probe()) {
      this.#probes++;
      this.#taken = writer.taken;
    }
  }

  get #longestSilence(): number {
    const { responding, handling } = this.#exchange;
    return responding ? SILENCE : handling ? GRACE : QUEUE_GRACE;
  }
}
