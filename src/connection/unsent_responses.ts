// Responses that are in the connection's buffers. Each ends in one event: when its last octet has been
// given to the operating system, or when that will not happen any more.

import type { FinishedRequest, FinishedResponse, Outcome } from "../exchange/finished_response.ts";
import type { StreamWriter } from "../io/stream_writer.ts";
import type { ConnectionContext } from "./connection_context.ts";

/** A response that the connection has taken. */
export interface UnsentResponse {
  /** Where it ends among the octets that the writer takes. */
  responseEnd: number;
  /** Makes the record of the response.
   *
   * @param now the time on the server's clock
   * @param outcome how it ended, unless the response knows better */
  record(now: number, outcome: Outcome): FinishedResponse;
}

/** The responses of one connection of which octets are still to be sent. The room in the writer's
 * buffer bounds them. */
export class UnsentResponses {
  readonly #context: ConnectionContext;
  readonly #writer: StreamWriter;
  readonly #responses: UnsentResponse[] = [];
  #held = false;

  /** @param context takes the events
   * @param writer sends the octets */
  constructor(context: ConnectionContext, writer: StreamWriter) {
    this.#context = context;
    this.#writer = writer;
    writer.onSent = this.#octetsSent;
  }

  /** Takes a response whose last octet the writer has. */
  add(response: UnsentResponse): void {
    const writer = this.#writer;
    if (writer.failure !== undefined) {
      const record = response.record(this.#context.turn.now(), "client-left");
      return this.#context.finished({ ...record, cut: true });
    }
    response.responseEnd = writer.taken;
    if (response.responseEnd === writer.sent && !this.#held) this.finish(response, "complete");
    else this.#responses.push(response);
  }

  /** The request of the response that is sent now. */
  get request(): FinishedRequest | undefined {
    return this.#responses[0]?.record(0, "complete").request;
  }

  /** Whether responses wait for {@linkcode release}. */
  get held(): boolean {
    return this.#held && this.#responses.length > 0;
  }

  /** Has responses wait although their octets are sent: the client may have left. */
  hold(): void {
    this.#held = true;
  }

  /** Ends the responses whose octets are sent.
   *
   * @param outcome how, unless a response knows better */
  release(outcome: Outcome): void {
    this.#held = false;
    this.#finishSent(outcome);
  }

  /** Ends one response now.
   *
   * @param outcome how, unless the response knows better */
  finish(response: UnsentResponse, outcome: Outcome): void {
    this.#context.finished(response.record(this.#context.turn.now(), outcome));
  }

  /** Ends all of them: nothing more is sent.
   *
   * @param outcome why */
  giveUp(outcome: Outcome): void {
    if (this.#held) this.release(this.#writer.failure === undefined ? "complete" : "client-left");
    const { sent } = this.#writer;
    const now = this.#context.turn.now();
    for (const response of this.#responses.splice(0)) {
      const record = response.record(now, outcome);
      const unsent = Math.max(0, response.responseEnd - sent);
      const contentOut = Math.max(0, record.contentOut - unsent);
      this.#context.finished({ ...record, contentOut, cut: record.cut || unsent > 0 });
    }
  }

  readonly #octetsSent = (): void => {
    if (!this.#held && this.#responses.length > 0) this.#finishSent("complete");
  };

  #finishSent(outcome: Outcome): void {
    const responses = this.#responses;
    const { sent } = this.#writer;
    let count = 0;
    while (count < responses.length && responses[count].responseEnd <= sent) {
      this.finish(responses[count++], outcome);
    }
    if (count === responses.length) responses.length = 0;
    else responses.splice(0, count);
  }
}
