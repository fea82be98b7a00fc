// Sends the octets of an upgraded connection to the worker that has it, as much as the worker has asked for.
// Thousands of such connections may be idle, so the wait for the next octets is one callback.

import { Promise, then } from "../../io/platform.ts";
import type { ContentReader } from "../../content/content_reader.ts";
import { costOf } from "../wire/flow_control.ts";
import { ToWorker } from "../wire/messages.ts";
import type { MessageSender } from "../wire/worker_channel.ts";
import { type ContentWaitCallbacks, LARGEST_CLONE } from "./request_content_sender.ts";

/** Sends the octets of one connection. */
export class UpgradedContentSender {
  readonly #content: ContentReader;
  readonly #channel: MessageSender;
  readonly #id: number;
  readonly #callbacks: Pick<ContentWaitCallbacks, "contentLost">;
  #wanted = 0;
  #started = false;
  #stopped = false;
  /** Has the connection read again. */
  #resume: (() => void) | undefined;
  #done: PromiseWithResolvers<void> | undefined;

  /** @param content the octets
   * @param channel leads to the worker
   * @param id the exchange's number on that channel
   * @param callbacks take the loss of the connection */
  constructor(
    content: ContentReader,
    channel: MessageSender,
    id: number,
    callbacks: Pick<ContentWaitCallbacks, "contentLost">,
  ) {
    this.#content = content;
    this.#channel = channel;
    this.#id = id;
    this.#callbacks = callbacks;
  }

  /** Whether the worker has asked, and may ask for more. */
  get active(): boolean {
    return this.#started && !this.#stopped;
  }

  /** Resolves when nothing more is sent. */
  get done(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return (this.#done ??= Promise.withResolvers<void>()).promise;
  }

  /** Sends so much more, as soon as it comes; a piece may pass that. 0: the application reads no more.
   *
   * @param cost what the pieces may cost, as {@linkcode costOf} counts */
  want(cost: number): void {
    if (cost === 0) return this.stop();
    this.#wanted += cost;
    if (!this.#started) return this.#start();
    if (this.#wanted > 0) this.#readOn();
  }

  /** Sends nothing more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#content.close();
    this.#readOn();
    this.#done?.resolve();
  }

  #start(): void {
    this.#started = true;
    then(this.#content.pushTo(this.#take), () => {
      if (this.#stopped) return;
      this.#channel.send(ToWorker.content, this.#id, "", null);
      this.stop();
    }, (error) => {
      if (this.#stopped) return;
      this.#callbacks.contentLost(error);
      this.stop();
    });
  }

  readonly #take = (octets: Uint8Array<ArrayBuffer>): void | Promise<void> => {
    if (this.#stopped) return;
    const piece = octets.slice();
    this.#wanted -= costOf(piece.length);
    if (piece.length <= LARGEST_CLONE) this.#channel.send(ToWorker.content, this.#id, "", piece);
    else this.#channel.give(ToWorker.content, this.#id, piece);
    if (this.#wanted > 0) return;
    return new Promise((resolve) => this.#resume = resolve);
  };

  #readOn(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}
